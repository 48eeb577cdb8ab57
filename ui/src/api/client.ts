// SPDX-License-Identifier: GPL-3.0-or-later
// One way to ask the gateway. What is refused comes as a Problem, whose words say what to do (RFC
// 9457, `detail`); a session that is over as LoggedOut; a gateway that is not there as Away.

const TOKEN = "portreeve-token";

export class Problem extends Error {
  constructor(readonly status: number, detail: string) {
    super(detail);
  }
}
export class LoggedOut extends Problem {}
export class Away extends Error {}

// The token lives as long as the tab: the cookie alone opens nothing.
export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (value: string) => sessionStorage.setItem(TOKEN, value),
  clear: () => sessionStorage.removeItem(TOKEN),
};

type Query = Record<string, string | number | boolean | undefined>;

export interface Asking {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

function pathWith(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return `/api/v1/${path}${text ? `?${text}` : ""}`;
}

async function detailOf(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { detail?: string; title?: string };
    return problem.detail || problem.title || response.statusText;
  } catch {
    return `${response.status} ${response.statusText}`;
  }
}

// The answer as it comes; throws as above. `path` is below /api/v1/.
export async function request(path: string, asking: Asking = {}): Promise<Response> {
  const headers: Record<string, string> = { ...asking.headers };
  const held = token.get();
  if (held) headers.Authorization = `Bearer ${held}`;
  if (asking.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(pathWith(path, asking.query), {
      method: asking.method ?? "GET",
      headers,
      body: asking.body === undefined ? null : JSON.stringify(asking.body),
      signal: asking.signal ?? null,
      cache: "no-store",
    });
  } catch (error) {
    if (asking.signal?.aborted) throw error;
    throw new Away();
  }
  if (response.status === 401) throw new LoggedOut(401, await detailOf(response));
  if (!response.ok) throw new Problem(response.status, await detailOf(response));
  return response;
}

export async function ask<T>(path: string, asking: Asking = {}): Promise<T> {
  return (await (await request(path, asking)).json()) as T;
}
