// SPDX-License-Identifier: GPL-3.0-or-later
// Server-sent events over fetch: EventSource cannot send the token.

export interface ServerEvent {
  type: string;
  data: string;
  id?: string;
}

function parseEvent(block: string): ServerEvent {
  const event: ServerEvent = { type: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue; // a comment, or nothing
    const value = line.slice(colon + 1).replace(/^ /, "");
    const field = line.slice(0, colon);
    if (field === "event") event.type = value;
    if (field === "data") data.push(value);
    if (field === "id") event.id = value;
  }
  event.data = data.join("\n");
  return event;
}

// Cuts a text that comes in pieces into events; what has no end yet stays for the next piece.
export class EventCutter {
  private rest = "";

  take(piece: string): ServerEvent[] {
    const blocks = (this.rest + piece).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(parseEvent).filter((event) => event.data !== "" || event.type !== "message");
  }
}

export async function* eventsOf(response: Response): AsyncGenerator<ServerEvent[]> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const cutter = new EventCutter();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = cutter.take(value);
    if (events.length > 0) yield events;
  }
}
