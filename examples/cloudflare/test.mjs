// Sends requests to a module: `node --test test.mjs` with the path of the `.wasm` file in MODULE.
import assert from "node:assert";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { handler } from "./handler.mjs";

const RETELL_API_KEY = "key_0123456789";
const BODY = '{"event":"call_started","call":{"caller":"Zoë"}}';
const module = new WebAssembly.Module(readFileSync(process.env.MODULE));

async function status(headers, body = BODY) {
  const worker = handler(module, (given) => new Response(given));
  const request = new Request("https://example.com/retell", { method: "POST", headers, body });
  const response = await worker.fetch(request, { RETELL_API_KEY });
  if (response.status === 200) assert.strictEqual(await response.text(), body);
  return response.status;
}

function signature(at = Date.now(), secret = RETELL_API_KEY) {
  return { "x-retell-signature": `v=${at},d=${createHmac("sha256", secret).update(BODY + at).digest("hex")}` };
}

test("genuine is accepted and forged rejected", async () => {
  assert.strictEqual(await status(signature()), 200);
  assert.strictEqual(await status(signature(), BODY.replace("Zoë", "Eve")), 401);
  assert.strictEqual(await status(signature(Date.now(), "another")), 401);
  assert.strictEqual(await status({}), 401);
});

test("the time is JavaScript's", async () => {
  assert.strictEqual(await status(signature(Date.now() - 290_000)), 200);
  assert.strictEqual(await status(signature(Date.now() - 310_000)), 401);
  assert.strictEqual(await status(signature(Date.now() + 310_000)), 401);
});

test("a body is read up to the limit", async () => {
  const sent = (length) => {
    const body = "x".repeat(length);
    const at = Date.now();
    const digest = createHmac("sha256", RETELL_API_KEY).update(body + at).digest("hex");
    return status({ "x-retell-signature": `v=${at},d=${digest}` }, body);
  };
  assert.strictEqual(await sent(1024 * 1024), 200);
  assert.strictEqual(await sent(1024 * 1024 + 1), 413);

  // An endless body is not kept.
  let read = 0;
  const endless = new ReadableStream({ pull: (queue) => queue.enqueue(new Uint8Array((read += 65_536, 65_536))) });
  const request = new Request("https://example.com/retell", { method: "POST", body: endless, duplex: "half" });
  const response = await handler(module).fetch(request, { RETELL_API_KEY });
  assert.strictEqual(response.status, 413);
  assert.ok(read < 2 * 1024 * 1024, `${read}`);
});

test("a body in small pieces takes no more memory", async () => {
  const bytes = Buffer.from(BODY);
  const piece = new Uint8Array(1);
  let at = 0;
  // Each piece overwrites the one before, so it must have been copied.
  const pull = (queue) => {
    if (at === bytes.length) return queue.close();
    piece[0] = bytes[at++];
    queue.enqueue(piece);
  };
  const body = new ReadableStream({ pull }, { highWaterMark: 0 });
  const request = new Request("https://example.com/retell", { method: "POST", headers: signature(), body, duplex: "half" });
  const response = await handler(module, (given) => new Response(given)).fetch(request, { RETELL_API_KEY });
  assert.strictEqual(response.status, 200);
  assert.strictEqual(await response.text(), BODY);
});

test("a secret is needed", async () => {
  await assert.rejects(handler(module).fetch(new Request("https://example.com/"), { RETELL_API_KEY: "" }), /no secret/);
});
