// Answers Retell's webhooks with the module of `src/lib.rs`. `handle` gets only verified requests.
export function handler(module, handle) {
  let verifier;
  return {
    async fetch(request, env) {
      verifier ??= start(module, env.RETELL_API_KEY);
      const body = await read(request);
      if (!body) return new Response(null, { status: 413 });
      const status = verifier(request, body);
      return status === 200 ? handle(body, env) : new Response(null, { status });
    },
  };
}

// Returns null for a body over the limit. Without one, a stranger could use up the Worker's memory. Copies each piece when it
// arrives, since a list of small ones takes hundreds of times their bytes.
async function read(request) {
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  const body = new Uint8Array(new ArrayBuffer(0, { maxByteLength: MAX_BODY }));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return body.slice();
    const length = body.length;
    if (value.length > MAX_BODY - length) {
      await reader.cancel();
      return null;
    }
    body.buffer.resize(length + value.length);
    body.set(value, length);
  }
}

const MAX_BODY = 1024 * 1024;

function start(module, secret) {
  // Imports of linked crates, never called.
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = () => {
      throw new Error(`${from}.${name} was called`);
    };
  }
  const { memory, room, start, verify } = new WebAssembly.Instance(module, imports).exports;
  const write = (...parts) => {
    let at = room(parts.reduce((length, part) => length + part.length, 0));
    for (const part of parts) {
      new Uint8Array(memory.buffer).set(part, at);
      at += part.length;
    }
  };
  const text = new TextEncoder();
  write(text.encode(secret));
  if (!start()) throw new Error("RETELL_API_KEY is no secret");

  return (request, body) => {
    const { pathname, search } = new URL(request.url);
    const headers = [...request.headers].map(([name, value]) => `${name}: ${value}\n`).join("");
    write(text.encode(`${request.method}\n${pathname}${search}\n${headers}\n`), body);
    return verify(BigInt(Math.floor(Date.now() / 1000)));
  };
}
