"""Writes requests to compare verifiers with: `deliveries.py COUNT SEED`, COUNT per scheme, one JSON line each.

A line has the format of `examples/deliveries` and a `kind`: `genuine`, `altered: …`, which no verifier may accept, or the oddity. The
vendors' packages sign if they can, the standard library otherwise.
"""

import base64
import datetime
import hashlib
import hmac
import json
import random
import sys
import time
from urllib.parse import parse_qsl

import jwt
from livekit.api import AccessToken
from nacl.signing import SigningKey
from plivo.utils import signature_v3 as plivo
from retell.lib.webhook_auth import symmetric as retell
from standardwebhooks.webhooks import Webhook
from twilio.request_validator import RequestValidator

rng = random.Random(sys.argv[2])
NOW = int(time.time())
WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789"
ALPHABETS = [WORD, "àéîöüßñçøÆ", "日本語電話着信", "😀🎉𝔘", " \t\n\"'\\/<>&=+%#?;,.:|~!*()[]{}^`@$-_", "\u2028\u00a0\u200d\ufeff\x7f\0\x1f"]


def word(least=20):
    return "".join(rng.choices(WORD, k=least + rng.randint(0, 20)))


def text(most=20):
    return "".join(rng.choice(rng.choice(ALPHABETS)) for _ in range(rng.randint(0, most)))


def b64(data):
    return base64.b64encode(data).decode()


def json_body():
    body = {"event": word(3), "id": "EV_" + word(8), "data": {text() + str(i): text(60) for i in range(rng.randint(0, 6))}}
    layout = rng.choice([{}, {"separators": (",", ":")}, {"indent": 2}])
    return json.dumps(body, ensure_ascii=rng.random() < 0.5, **layout).encode()


def moment(shift=None):
    return NOW + (rng.randint(-200, 200) if shift is None else shift)


def hmac_sha256(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def delivery(headers, body=b"", kind="genuine", **fields):
    return {"kind": kind, "headers": headers, "body_b64": b64(body), **fields}


# One function per rule makes a genuine request, or with arguments an odd one.


def standard(prefix, secret_of, shift=None, body=None, id=None, entries="{}", at="{}"):
    secret, id, now, body = secret_of(), id or "msg_" + word(), moment(shift), json_body() if body is None else body
    is_text = secret_of == openai_secret and not secret.startswith("whsec_")
    webhook = Webhook(secret.encode() if is_text else secret)
    try:
        tag = webhook.sign(id, datetime.datetime.fromtimestamp(now, datetime.timezone.utc), body.decode())
    except UnicodeDecodeError:
        tag = "v1," + b64(hmac_sha256(webhook._whsecret, f"{id}.{now}.".encode(), body))
    names = [f"{prefix}-id", f"{prefix}-timestamp", f"{prefix}-signature"]
    return delivery([*map(list, zip(names, [id, at.format(now), entries.format(tag)]))], body, secret=secret)


def standard_secret():
    return rng.choice(["whsec_", ""]) + b64(rng.randbytes(rng.choice([24, 32, 64])))


def openai_secret():
    return rng.choice(["whsec_" + b64(rng.randbytes(32)), word()])


def of_retell(shift=None, body=None):
    secret, body, at = word(), json_body() if body is None else body, 1000 * moment(shift) + rng.randint(0, 999)
    try:
        tag = retell["sign"](body.decode(), secret, at)
    except UnicodeDecodeError:
        tag = f"v={at},d={hmac_sha256(secret.encode(), body, str(at).encode()).hex()}"
    return delivery([["x-retell-signature", tag]], body, secret=secret)


def of_telnyx(shift=None, body=None, at="{}"):
    key, body, at = SigningKey(rng.randbytes(32)), json_body() if body is None else body, at.format(moment(shift))
    tag = b64(key.sign(at.encode() + b"|" + body).signature)
    headers = [["telnyx-signature-ed25519", tag], ["telnyx-timestamp", at]]
    return delivery(headers, body, public_key=b64(key.verify_key.encode()))


def beyond_order(signature):
    """S and the order of the group: a second signature of the same message, which RFC 8032 forbids."""
    tag, order = base64.b64decode(signature), 2**252 + 27742317777372353535851937790883648493
    return b64(tag[:32] + (int.from_bytes(tag[32:], "little") + order).to_bytes(32, "little"))


def address():
    authority = rng.choice(["example.com", "example.com:8443", "hooks.example.co.uk"])
    path = "".join(rng.choices(["a", "~", "%7e", "%2F", "%20", "//", "(1)", "*", "'", "!", ",", ":", "$"], k=rng.randint(0, 4)))
    query = "&".join(f"{word(1)}={quoted(rng.choice(['', word(), '+1 555/2']))}" for _ in range(rng.randint(0, 3)))
    return f"{rng.choice(['https', 'https', 'http'])}://{authority}/hook{path}" + ("?" + query if query else "")


def quoted(text):
    """One of its encodings in a form or a query."""
    plain = {ord(c): [c] * 20 for c in WORD + "-._*"} | {32: ["+", "%20"]}
    return "".join(rng.choice(plain.get(byte, []) + [f"%{byte:02x}", f"%{byte:02X}"]) for byte in text.encode())


def form(pairs=None):
    """The values by their names, the body, and the kind: JavaScript sorts by units of UTF-16."""
    if pairs is None:
        names = ["CallSid", "From", "To", "Body", "Reason", "ReasonConferenceEnded", "body", text(6) + "x", text(6) + "y"]
        pairs = [(name, text()) for name in rng.sample(names, rng.randint(1, 9))]
        pairs += [(name, rng.choice([value, text(), ""])) for name, value in rng.choices(pairs, k=rng.randint(0, 2))]
        pairs.append(("Last", word(3)))
    values = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    by_utf16 = lambda texts: sorted(texts, key=lambda text: text.encode("utf-16-be"))
    is_plain = all(by_utf16(texts) == sorted(texts) for texts in [values, *values.values()])
    body = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs).encode()
    return values, body, "genuine" if is_plain else "sorted otherwise by UTF-16"


FORM = ["content-type", "application/x-www-form-urlencoded"]


class Params(dict):
    getlist = dict.__getitem__


def of_twilio(pairs=None, url=None, signed_url=None, body=None, method="POST", sent=None):
    secret, url, values, kind, headers = word(), url or address(), {}, "genuine", []
    if body is None:
        values, body, kind = form(pairs)
        headers = [FORM]
    elif body:
        headers = [["content-type", "application/json"]]
    scheme, _, rest = url.partition("://")
    with_port = url if ":8443" in url else f"{scheme}://" + rest.replace("/", f":{443 if scheme == 'https' else 80}/", 1)
    signed_url = signed_url or rng.choice([url.replace(":8443", ""), with_port])
    tag = RequestValidator(secret).compute_signature(signed_url, Params(values))
    return delivery([["x-twilio-signature", tag], *headers], sent or body, kind, secret=secret, url=url, method=method)


def hashed(parameter="bodySHA256={}", change=lambda body: body, change_hash=str):
    body, url = json_body(), address()
    url += ("&" if "?" in url else "?") + parameter.format(change_hash(hashlib.sha256(body).hexdigest()))
    return of_twilio(url=url, body=body, sent=change(body))


def at(url):
    return of_twilio(pairs=[("CallSid", word())], url=url, signed_url=url)


def of_plivo_v3(pairs=None, url=None, method="POST", entries="{}"):
    secret, url, nonce = word(), url or address(), str(rng.randint(10**19, 10**20))
    values, body, kind = form([] if method == "GET" else pairs)
    base, _, query = url.partition("?")
    joined = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(query, keep_blank_values=True)))
    message = base + ("?" if joined or values else "") + joined + ("." if joined and values else "")
    tag = plivo.get_signature_v3(secret.encode(), message + plivo.get_sorted_params_string(values), nonce.encode()).decode()
    headers = [["x-plivo-signature-v3", entries.format(tag)], ["x-plivo-signature-v3-nonce", nonce]]
    return delivery(headers + ([FORM] if method == "POST" else []), body, kind, secret=secret, url=url, method=method)


def of_plivo_v2(url=None, more="", body=b"{}"):
    secret, url, nonce = word(), url or address(), str(rng.randint(10**19, 10**20))
    tag = b64(hmac_sha256(secret.encode(), url.split("?")[0].encode(), nonce.encode()))
    url += more if "?" in url else more.replace("&", "?", 1)
    return delivery([["x-plivo-signature-v2", tag], ["x-plivo-signature-v2-nonce", nonce]], body, secret=secret, url=url)


def of_livekit(shift=0, body=None, hashed=b64, prefix="", key="APIkey", **claims):
    secret, body = word(), json_body() if body is None else body
    token = AccessToken(key, secret).with_ttl(datetime.timedelta(seconds=250 + min(shift, 0)))
    token = (token.with_sha256(hashed(hashlib.sha256(body).digest())) if hashed else token).to_jwt()
    if shift > 0 or claims:
        claims = {**jwt.decode(token, options={"verify_signature": False}), "nbf": NOW + shift, "exp": NOW + shift + 250, **claims}
        token = signed(claims, secret)
    return delivery([["authorization", prefix + token]], body, keys={"APIkey": secret})


def of_messagebird(shift=0, body=None, algorithm="HS256", **claims):
    secret, url, body = rng.randbytes(32).hex(), address(), json_body() if body is None else body
    claims = {"iss": "MessageBird", "nbf": NOW + shift - 100, "exp": NOW + shift + 250, "jti": word(),
              "url_hash": hashlib.sha256(url.encode()).hexdigest(),
              "payload_hash": hashlib.sha256(body).hexdigest() if body else None, **claims}
    return delivery([["messagebird-signature-jwt", signed(claims, secret, algorithm)]], body, secret=secret, url=url)


def signed(claims, secret, algorithm="HS256"):
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm)


# Changes of a finished request.


def with_header(name, change):
    def alter(d):
        headers = [[n, change(v) if n == name else v] for n, v in d["headers"]]
        return {**d, "headers": [pair for pair in headers if pair[1] is not None]}
    return alter


def other(end, start=1):
    """Replaces a digit between `start` and `end` characters from the end."""
    def change(value):
        index = len(value) - rng.randint(start, end)
        return value[:index] + rng.choice([c for c in "abcdef012345" if c != value[index].lower()]) + value[index + 1:]
    return change


def with_body(change):
    return lambda d: {**d, "body_b64": b64(change(base64.b64decode(d["body_b64"])))}


def with_url(before, after):
    return lambda d: {**d, "url": d["url"].replace(before, after, 1)}


def another_key(d):
    changed = {"secret": "whsec_" + b64(rng.randbytes(32)), "keys": {"APIkey": word()},
               "public_key": b64(SigningKey(rng.randbytes(32)).verify_key.encode())}
    return {**d, **{name: value for name, value in changed.items() if name in d}}


def alterations(signature, *signed_headers, url=False, body=(), timed=True):
    yield "signature", with_header(signature, other(30, 5))
    yield "no signature", with_header(signature, lambda _: None)
    yield "empty signature", with_header(signature, lambda _: "")
    yield "signature cut", with_header(signature, lambda value: value[:-4])
    yield "another key", another_key
    yield from [(name, with_header(name, other(3))) for name in signed_headers]
    yield from [("path", with_url("/hook", "/hooks")), ("host", with_url("://", "://x"))] if url else []
    yield from [(f"body {kind}", with_body(change)) for kind, change in body]
    yield from [("stale", -3000), ("of the future", 3000)] if timed else []


IN_JSON = [("changed", lambda body: body.replace(b"EV_", b"EW_")), ("cut", lambda body: body[:-1]),
           ("longer", lambda body: body + b" "), ("dropped", lambda body: b"")]
IN_FORM = [("value", lambda body: body + b"9"), ("parameter more", lambda body: body + b"&x=1"), ("dropped", lambda body: b"")]
BODIES = {"no body, signed": {"body": b""}, "body not UTF-8": {"body": b'{"event":"\xff\xfe"}'}}


def standard_odd(prefix):
    signature = f"{prefix}-signature"
    return BODIES | {
        "second of a list": {"entries": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= {}"},
        "first of a list": {"entries": "{} v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        "beside an entry of v1a": {"entries": "v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= {}"},
        "beside an entry of v2": {"entries": "v2,anything {}"},
        "beside an entry without a comma": {"entries": "v1 {}"},
        "version in capitals": with_header(signature, lambda value: value.replace("v1", "V1")),
        "signature without its version": with_header(signature, lambda value: value[3:]),
        "signature without padding": with_header(signature, lambda value: value.rstrip("=")),
        "time with a zero before it": {"at": "0{}"},
        "time with a sign": {"at": "+{}"},
        "time with a fraction": {"at": "{}.0"},
        "time with letters after it": {"at": "{}s"},
        "identifier with a full stop": {"id": "msg.1"},
    }


# Per scheme: the maker of requests, their alterations, and the oddities: arguments of the maker, another maker, or a change.
SCHEMES = {
    name: (
        lambda prefix=prefix, secret=secret, **more: standard(prefix, secret, **more),
        alterations(f"{prefix}-signature", f"{prefix}-id", f"{prefix}-timestamp", body=IN_JSON), standard_odd(prefix),
    )
    for name, prefix, secret in [
        ("standard-webhooks", "webhook", standard_secret), ("svix", "svix", standard_secret), ("openai", "webhook", openai_secret)
    ]
}
SCHEMES["retell"] = of_retell, alterations("x-retell-signature", body=IN_JSON), BODIES | {
    "hex in capitals": with_header("x-retell-signature", lambda value: value[:-64] + value[-64:].upper()),
    "header in capitals": with_header("x-retell-signature", lambda value: value.replace("v=", "V=")),
    "a part more": with_header("x-retell-signature", lambda value: value + ",x=1"),
    "a space between the parts": with_header("x-retell-signature", lambda value: value.replace(",", ", ")),
}
SCHEMES["telnyx"] = of_telnyx, alterations("telnyx-signature-ed25519", "telnyx-timestamp", body=IN_JSON), BODIES | {
    "altered: S beyond the order": with_header("telnyx-signature-ed25519", beyond_order),
    "time with a zero before it": {"at": "0{}"},
    "signature without padding": with_header("telnyx-signature-ed25519", lambda value: value.rstrip("=")),
}
SCHEMES["twilio"] = of_twilio, alterations("x-twilio-signature", url=True, body=IN_FORM, timed=False), {
    "JSON by its hash": hashed,
    "hash in capitals": lambda: hashed(change_hash=str.upper),
    "two hashes, the first right": lambda: hashed("bodySHA256={}&bodySHA256=00"),
    "hash before another parameter": lambda: hashed("bodySHA256={}&z=1"),
    "altered: JSON by its hash": lambda: hashed(change=lambda body: body.replace(b"EV_", b"EW_")),
    "JSON without its hash": {"body": b"{}"},
    "GET": {"method": "GET", "body": b""},
    "POST without a body": {"body": b""},
    "bound moved between name and value": {"pairs": [("CallSid", "CA1")], "sent": b"CallSidC=A1"},
    "empty query": lambda: at("https://example.com/hook?"),
    "no path": lambda: at("https://example.com"),
    "no path but a query": lambda: at("https://example.com?a=b"),
    "quotes and brackets bare in the query": lambda: at("https://example.com/hook?a=it's|[1]{2}^`\""),
    "quote signed percent-encoded": {
        "pairs": [("a", "b")], "url": "https://example.com/hook?a=it's", "signed_url": "https://example.com/hook?a=it%27s"},
    "password and port, signed without the port": {
        "pairs": [("a", "b")], "url": "https://u:p@example.com:8443/hook", "signed_url": "https://u:p@example.com/hook"},
    "form with a bare percent sign": {"pairs": [("Body", "100%")], "sent": b"Body=100%"},
    "form with bytes that are not UTF-8": {"pairs": [("Note", "\ufffd")], "sent": b"Note=%ff"},
    "form with empty pairs": {"pairs": [("a", "1")], "sent": b"&&a=1&"},
    "form with an empty name": {"pairs": [("", "1")], "sent": b"=1"},
    "form with a name alone": {"pairs": [("Digits", ""), ("a", "1")], "sent": b"Digits&a=1"},
}
SCHEMES["plivo-v3"] = of_plivo_v3, alterations(
    "x-plivo-signature-v3", "x-plivo-signature-v3-nonce", url=True, body=IN_FORM, timed=False
), {
    "GET": {"method": "GET"},
    "POST without parameters": {"pairs": []},
    "second of a list": {"entries": "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=,{}"},
    "a space in the list": {"entries": "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=, {}"},
    "no path": {"url": "https://example.com"},
    "password in the URL": {"url": "https://u:p@example.com/hook"},
    "at sign in the path": {"url": "https://example.com/hook@"},
    "repeats in the query": {"url": "https://example.com/hook?b=2&a=z&a=y&c=&a="},
    "plus in the query": {"url": "https://example.com/hook?a=1+2"},
    "query beyond ASCII": {"pairs": [("a", "b")], "url": "https://example.com/hook?a=%C3%A9"},
}
SCHEMES["plivo-v2"] = of_plivo_v2, alterations("x-plivo-signature-v2", "x-plivo-signature-v2-nonce", url=True, timed=False), {
    "password in the URL": {"url": "https://u:p@example.com/hook"},
    "at sign in the path": {"url": "https://example.com/hook@"},
    "another query": {"more": "&x=1"},
    "another body": {"body": b"[]"},
}
SCHEMES["livekit"] = of_livekit, alterations("authorization", body=IN_JSON), {
    "body not UTF-8": BODIES["body not UTF-8"],
    "after the word Bearer": {"prefix": "Bearer "},
    "altered: a room's token": {"hashed": None},
    "altered: of another account": {"key": "APIother"},
    "hash in hex": {"hashed": bytes.hex},
    "hash without padding": {"hashed": lambda digest: b64(digest).rstrip("=")},
    "no exp": {"exp": None},
    "no nbf": {"nbf": None},
    "exp as text": {"exp": str(NOW + 200)},
}
SCHEMES["messagebird"] = of_messagebird, alterations("messagebird-signature-jwt", url=True, body=IN_JSON), BODIES | {
    "hash of an empty body": {"body": b"", "payload_hash": hashlib.sha256(b"").hexdigest()},
    "hash in capitals": {"body": b"x", "payload_hash": hashlib.sha256(b"x").hexdigest().upper()},
    "HS384": {"algorithm": "HS384"},
    "HS512": {"algorithm": "HS512"},
    "altered: no payload_hash": {"payload_hash": None},
    "altered: no url_hash": {"url_hash": None},
    "altered: another issuer": {"iss": "Messagebird"},
    "no jti": {"jti": None},
    "no exp": {"exp": None},
    "no nbf": {"nbf": None},
}

for scheme, (make, altered, odd) in SCHEMES.items():
    kinds = [*odd.items(), *((f"altered: {kind}", change) for kind, change in altered)]
    for number in range(int(sys.argv[1])):
        kind, how = kinds[number // 2 % len(kinds)]
        if number % 2:
            kind, made = "genuine", make()
        elif isinstance(how, (dict, int)):
            made = make(**how if isinstance(how, dict) else {"shift": how})
        else:
            made = how(make()) if how.__code__.co_argcount == 1 else how()
        if made["kind"] == "genuine":
            made["kind"] = kind
        print(json.dumps({"id": f"{scheme} {number}", "scheme": scheme, **made}))
