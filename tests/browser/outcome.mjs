// What a script learns from a request: its status and error code, that it was blocked, or that it is opaque. It runs inside pages, so it stands alone.

export async function outcome(request) {
  try {
    const answer = await request();
    if (answer.type === "opaque") return "opaque";
    const text = await answer.text();
    return `${answer.status} ${text.match(/"error":"(\w+)"/)?.[1] ?? text.slice(0, 200)}`;
  } catch {
    return "blocked";
  }
}
