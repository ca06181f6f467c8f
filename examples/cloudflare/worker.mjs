// The Worker: its `main` in wrangler.toml. Wrangler passes a `.wasm` file as a compiled module.
import module from "./target/wasm32-unknown-unknown/release/countersign_cloudflare.wasm";
import { handler } from "./handler.mjs";

export default handler(module, async (body) => {
  console.log(`${body.length} bytes`);
  return new Response("accepted\n");
});
