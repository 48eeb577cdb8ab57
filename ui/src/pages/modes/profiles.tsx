// SPDX-License-Identifier: GPL-3.0-or-later
// The profiles, which is in force and why, and the network that this machine is on.
import { ask } from "../../api/client";
import type { Affected, Attachment, Profiles as All, ProfileView } from "../../api/types";
import { Badge, Card, Empty, Facts, Looking, ScrollTable, TableHead } from "../../parts/basics";
import { attempt, say } from "../../state/notices";
import { usePolled } from "../../state/polling";
import { mayChange } from "../../state/session";
import { text } from "../../text/en";

const words = text.profiles;
const EVERY_MS = 4000;
const BY_NETWORK = "auto";
const NONE = "none";

const titleOf = (name: string) => (name === BY_NETWORK ? words.auto : name === NONE ? words.none : `“${name}”`);

async function use(name: string, before: string, look: () => Promise<void>): Promise<void> {
  const { affected } = await ask<Affected>("profiles/use", { method: "POST", body: { name } });
  await look();
  const back = async () => {
    await ask<Affected>("profiles/use", { method: "POST", body: { name: before } });
    await look();
  };
  say(words.used(titleOf(name), affected ?? 0), before && before !== name ? back : undefined);
}

function Network({ of, known }: { of: Attachment | undefined; known: boolean }) {
  if (!known) return <p class="muted small">{words.unknownNetwork}</p>;
  return (
    <Facts of={[
      [words.gateway, of?.gateways?.map((one) => [one.mac, one.address, one.interface].filter(Boolean).join(" ")).join(", ")],
      [words.wireless, of?.wireless?.map(({ ssid }) => ssid).join(", ")],
      [words.interfaces, of?.interfaces?.join(", ")],
      [words.vpns, of?.vpns?.join(", ")],
    ]} />
  );
}

function Use(props: { name: string; chosen: string; onUse: (name: string) => void }) {
  const isChosen = props.name === props.chosen;
  if (!mayChange.value) return isChosen ? <Badge of="good">{words.chosen}</Badge> : null;
  return <button type="button" aria-pressed={isChosen} onClick={() => props.onUse(props.name)}>{isChosen ? words.chosen : words.use}<span class="sr-only"> {titleOf(props.name)}</span></button>;
}

function Row(props: { of: ProfileView; chosen: string; onUse: (name: string) => void }) {
  const { of } = props;
  return (
    <tr>
      <th scope="row">{of.name} {of.in_force && <Badge of="good">{words.inForce}</Badge>} {of.here && <Badge of="gate17">{words.here}</Badge>}</th>
      <td>{of.when?.length ? of.when.map((one) => <code key={one} class="wrap condition">{one}</code>) : <span class="muted">{words.byHand}</span>}</td>
      <td>{of.default ? text.overview.defaults[of.default] ?? of.default : <span class="muted">{words.asPolicy}</span>}</td>
      <td>{of.unanswered ? text.verdict[of.unanswered] ?? of.unanswered : <span class="muted">{words.asPolicy}</span>}</td>
      <td><Use name={of.name ?? ""} chosen={props.chosen} onUse={props.onUse} /></td>
    </tr>
  );
}

function Special(props: { name: string; hint: string; inForce: boolean; chosen: string; onUse: (name: string) => void }) {
  return (
    <tr>
      <th scope="row">{titleOf(props.name)} {props.inForce && <Badge of="good">{words.inForce}</Badge>}</th>
      <td class="muted">{props.hint}</td><td /><td />
      <td><Use name={props.name} chosen={props.chosen} onUse={props.onUse} /></td>
    </tr>
  );
}

export function Profiles() {
  const seen = usePolled(() => ask<All>("profiles"), EVERY_MS);
  const now = seen.value.value;
  const onUse = (name: string) => void attempt(() => use(name, now?.chosen ?? "", seen.look));
  return (
    <Card title={words.title} class="wide" extra={<p class="small muted">{now?.reason || words.hint}</p>}>
      <Looking of={seen} />
      {now && !now.profiles?.length && <Empty words={words.empty} hint={words.emptyHint} icon="settings" />}
      {now && now.profiles && now.profiles.length > 0 && (
        <ScrollTable label={words.title} class="profiles">
          <TableHead of={Object.values(words.columns)} />
          <tbody>
            <Special name={BY_NETWORK} hint={words.autoHint} inForce={false} chosen={now.chosen ?? ""} onUse={onUse} />
            {now.profiles.map((one) => <Row key={one.name} of={one} chosen={now.chosen ?? ""} onUse={onUse} />)}
            <Special name={NONE} hint={words.noneHint} inForce={!now.in_force} chosen={now.chosen ?? ""} onUse={onUse} />
          </tbody>
        </ScrollTable>
      )}
      {now && <div class="block network-now"><h3>{words.network}</h3><Network of={now.attachment} known={now.known ?? false} /></div>}
    </Card>
  );
}
