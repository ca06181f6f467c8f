"""Compares the verdicts: `compare.py COUNT SEED COMMAND…`, where the command judges requests on standard input. `.ci/vendors` runs it."""

import collections
import json
import pathlib
import subprocess
import sys

import deliveries
import verify

count, seed, *command = sys.argv[1:]
made = list(deliveries.requests(int(count), seed))
text = "".join(json.dumps(request) + "\n" for request in made)


def verdicts(*command):
    lines = subprocess.run(command, input=text, check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    return [json.loads(line) for line in lines]


theirs = {"js": verdicts("node", pathlib.Path(__file__).with_name("verify.cjs")), "py": [verify.verdict(request) for request in made]}
ours = verdicts(*command)
reasons = dict(deliveries.reasons())
agreed, differing, wrong = collections.Counter(), collections.Counter(), []
for index, (request, our) in enumerate(zip(made, ours, strict=True)):
    scheme, kind, accepts = request["scheme"], request["kind"], our["verdict"] == "accept"
    if kind == "genuine" and not accepts or kind.startswith("altered") and accepts:
        wrong.append(f"{request['id']}, {kind}: {our}")
    for language, verdict in theirs.items():
        if verdict[index]["accepts"] == accepts:
            agreed[scheme, language, accepts] += 1
            continue
        reason = reasons.get((scheme, kind, language))
        differing[scheme, language, kind, accepts, reason or "UNEXPLAINED"] += 1
        if not reason:
            wrong.append(f"{request['id']}, {kind}, {language}: {our}, there {verdict[index]}")

print(f"seed {seed}\n{'scheme':18}{'package':8}{'both accept':>12}{'both reject':>12}{'differ':>8}")
for scheme, language in sorted({(scheme, language) for scheme, language, _ in agreed}):
    differ = sum(number for key, number in differing.items() if key[:2] == (scheme, language))
    print(f"{scheme:18}{language:8}{agreed[scheme, language, True]:12}{agreed[scheme, language, False]:12}{differ:8}")
for (scheme, language, kind, accepts, reason), number in sorted(differing.items()):
    print(f"{number:5} {scheme} {language}, {'accepted' if accepts else 'rejected'} here: {kind}: {reason}")
print(f"{len(made)} deliveries, {sum(agreed.values())} verdicts agree, {sum(differing.values())} differ")
sys.exit("\n".join(["", *wrong[:20], f"{len(wrong)} wrong"]) if wrong else 0)
