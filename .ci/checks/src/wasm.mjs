// Calls the exports of the given module. The module's imports come from `js-sys`, which `jsonwebtoken` links on this target. Nothing
// may call them.
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
for (const name of ["bits", "with_a_clock", "without_a_clock"]) {
  exports[name]();
  console.log(`${name}: right`);
}
