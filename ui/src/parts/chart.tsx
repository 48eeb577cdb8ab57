// SPDX-License-Identifier: GPL-3.0-or-later
// Stacked bars over time, drawn by uPlot; the same numbers as a table for who does not see them.
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dark } from "../state/theme";
import { text } from "../text/en";
import { ScrollTable, TableHead } from "./basics";
import type { Stack } from "./stack";

const HOUR = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

const stepOf = ({ times }: Stack) => (times[1] ?? 0) - (times[0] ?? 0);

function stacked(stack: Stack): uPlot.AlignedData {
  const sums = stack.times.map(() => 0);
  const rows = stack.series.map(({ values }) => values.map((value, at) => (sums[at] = sums[at]! + value)));
  return [stack.times, ...rows.reverse()] as uPlot.AlignedData; // the highest first: the others are drawn over it
}

function optionsFor(box: HTMLElement, stack: Stack, format: (value: number) => string): uPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const bars = uPlot.paths.bars!({ size: [0.78, 40], radius: 0.12 });
  const step = stepOf(stack);
  const axis = { stroke: colour("--muted"), font: `12px ${style.fontFamily}`, ticks: { show: false } };
  return {
    width: box.clientWidth,
    height: 220,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { x: { time: true, range: (_, min, max) => [min - step * 0.6, max + step * 0.6] }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, space: 80, values: (_, splits) => splits.map((at) => (step < 86_400 ? HOUR : DAY).format(at * 1000)) },
      { ...axis, size: 68, grid: { stroke: colour("--line"), width: 1 }, values: (_, splits) => splits.map(format) },
    ],
    series: [{}, ...stack.series.map((_, at) => {
      const fill = colour(`--series-${stack.series.length - 1 - at}`);
      return { fill, stroke: fill, width: 0, paths: bars, points: { show: false } };
    })],
  };
}

function Table(props: { of: Stack; format: (value: number) => string; timeOf: (time: number) => string }) {
  const { times, series } = props.of;
  return (
    <details class="chart-table">
      <summary>{text.overview.chartTable}</summary>
      <ScrollTable label={text.overview.chartTable}>
        <TableHead of={[text.overview.time, ...series.map(({ name }) => name)]} />
        <tbody>
          {times.map((time, at) => series.some(({ values }) => values[at]) && (
            <tr key={time}><th scope="row">{props.timeOf(time)}</th>{series.map(({ name, values }) => <td key={name}>{props.format(values[at] ?? 0)}</td>)}</tr>
          ))}
        </tbody>
      </ScrollTable>
    </details>
  );
}

export function StackedBars(props: { of: Stack; label: string; format: (value: number) => string; timeOf: (time: number) => string }) {
  const box = useRef<HTMLDivElement>(null);
  const isDark = dark.value;
  const chart = useRef<uPlot>();
  const names = props.of.series.map(({ name }) => name).join("\n");
  // Made anew where it looks other than before; what only goes on is drawn in it.
  useEffect(() => {
    const element = box.current!;
    const made = new uPlot(optionsFor(element, props.of, props.format), stacked(props.of), element);
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 220 }));
    watch.observe(element);
    chart.current = made;
    return () => {
      watch.disconnect();
      made.destroy();
      chart.current = undefined;
    };
  }, [names, stepOf(props.of), isDark, props.format]);
  useEffect(() => chart.current!.setData(stacked(props.of)), [props.of]);
  return (
    <figure class="chart">
      <div ref={box} class="chart-box" role="img" aria-label={props.label} />
      <ul class="legend">
        {props.of.series.map(({ name }, at) => <li key={name}><span class={`swatch series-${at}`} aria-hidden="true" />{name}</li>)}
      </ul>
      <Table of={props.of} format={props.format} timeOf={props.timeOf} />
    </figure>
  );
}
