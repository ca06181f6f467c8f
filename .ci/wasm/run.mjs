// Runs the given module. Exits 1 unless each export returns the expected value. The module's imports come from `js-sys`, which
// `jsonwebtoken` links on this target. Nothing may call them.
import { readFileSync } from "node:fs";

const module = new WebAssembly.Module(readFileSync(process.argv[2]));
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  imports[from] ??= {};
  imports[from][name] = () => {
    throw new Error(`${from}.${name} was called`);
  };
}
const { exports } = new WebAssembly.Instance(module, imports);
const expected = { bits: 32, with_a_clock: 0b11, without_a_clock: 0b111 };
let failed = false;
for (const [name, answer] of Object.entries(expected)) {
  const given = exports[name]();
  failed ||= given !== answer;
  console.log(`${name}: ${given}${given === answer ? "" : `, expected ${answer}`}`);
}
process.exit(failed ? 1 : 0);
