"""Makes requests to compare verifiers with.

A request has the format of `examples/deliveries` and a `kind`: `genuine`, `altered: …`, which no verifier may accept, or the oddity.
The standard library signs: whether the signature is the platform's, the platform's package decides.
"""

import base64
import collections
import datetime
import hashlib
import hmac
import json
import random
import time
from urllib.parse import parse_qsl

import jwt
from livekit.api import AccessToken
from nacl.signing import SigningKey

rng = random.Random()
NOW = int(time.time())
WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789"
ALPHABETS = [WORD, "àéîöüßñçøÆ", "日本語電話着信", "😀🎉𝔘", " \t\n\"'\\/<>&=+%#?;,.:|~!*()[]{}^`@$-_", "\u2028\u00a0\u200d\ufeff\x7f\0\x1f"]


def word(least=20):
    return "".join(rng.choices(WORD, k=least + rng.randint(0, 20)))


def text(most=20):
    return "".join(rng.choice(rng.choice(ALPHABETS)) for _ in range(rng.randint(0, most)))


def b64(data):
    return base64.b64encode(data).decode()


def mac(key, message, algorithm="sha256"):
    return hmac.digest(key.encode() if isinstance(key, str) else key, message, algorithm)


def json_body():
    body = {"event": word(3), "id": "EV_" + word(8), "data": {text() + str(i): text(60) for i in range(rng.randint(0, 6))}}
    layout = rng.choice([{}, {"separators": (",", ":")}, {"indent": 2}])
    return json.dumps(body, ensure_ascii=rng.random() < 0.5, **layout).encode()


def quoted(text):
    """One of its encodings in a form or a query."""
    plain = {ord(c): [c] * 20 for c in WORD + "-._*"} | {32: ["+", "%20"]}
    return "".join(rng.choice(plain.get(byte, []) + [f"%{byte:02x}", f"%{byte:02X}"]) for byte in text.encode())


def address():
    authority = rng.choice(["example.com", "example.com:8443", "hooks.example.co.uk"])
    path = "".join(rng.choices(["a", "~", "%7e", "%2F", "%20", "//", "(1)", "*", "'", "!", ",", ":", "$"], k=rng.randint(0, 4)))
    query = "&".join(f"{word(1)}={quoted(rng.choice(['', word(), '+1 555/2']))}" for _ in range(rng.randint(0, 3)))
    return f"{rng.choice(['https', 'https', 'http'])}://{authority}/hook{path}" + ("?" + query if query else "")


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


# One function per rule makes a genuine request, or with arguments an odd one.


def request(headers, body=b"", kind="genuine", **fields):
    return {"kind": kind, "headers": headers, "body": body, **fields}


def moment(shift):
    return NOW + (rng.randint(-200, 200) if shift is None else shift)


def standard(prefix, *secrets):
    def make(shift=None, body=None, id=None, entries="{}", at="{}"):
        id, now, body, secret = id or "msg_" + word(), moment(shift), json_body() if body is None else body, rng.choice(secrets)()
        is_text = secrets == OPENAI and not secret.startswith("whsec_")
        key = secret.encode() if is_text else base64.b64decode(secret.removeprefix("whsec_"))
        tag = "v1," + b64(mac(key, f"{id}.{now}.".encode() + body))
        headers = {f"{prefix}-id": id, f"{prefix}-timestamp": at.format(now), f"{prefix}-signature": entries.format(tag)}
        return request(headers, body, secret=secret)
    return make


def in_base64():
    return b64(rng.randbytes(rng.choice([24, 32, 64])))


def with_prefix():
    return "whsec_" + in_base64()


OPENAI = (with_prefix, word)


def of_retell(shift=None, body=None):
    secret, body, at = word(), json_body() if body is None else body, 1000 * moment(shift) + rng.randint(0, 999)
    return request({"x-retell-signature": f"v={at},d={mac(secret, body + str(at).encode()).hex()}"}, body, secret=secret)


def of_telnyx(shift=None, body=None, at="{}"):
    key, body, at = SigningKey(rng.randbytes(32)), json_body() if body is None else body, at.format(moment(shift))
    headers = {"telnyx-signature-ed25519": b64(key.sign(at.encode() + b"|" + body).signature), "telnyx-timestamp": at}
    return request(headers, body, public_key=b64(key.verify_key.encode()))


def beyond_order(signature):
    """S and the order of the group: a second signature of the same message, which RFC 8032 forbids."""
    tag, order = base64.b64decode(signature), 2**252 + 27742317777372353535851937790883648493
    return b64(tag[:32] + (int.from_bytes(tag[32:], "little") + order).to_bytes(32, "little"))


def of_twilio(pairs=None, url=None, signed_url=None, body=None, hashed=None, method="POST", sent=lambda body: body):
    secret, url, values, kind, headers = word(), url or address(), {}, "genuine", {}
    if hashed:
        body = json_body()
        url += ("&" if "?" in url else "?") + hashed(hashlib.sha256(body).hexdigest())
    if body is None:
        values, body, kind = form(pairs)
        headers["content-type"] = "application/x-www-form-urlencoded"
    elif body:
        headers["content-type"] = "application/json"
    scheme, _, rest = url.partition("://")
    with_port = url if ":8443" in url else f"{scheme}://" + rest.replace("/", f":{443 if scheme == 'https' else 80}/", 1)
    signed_url = signed_url or rng.choice([url.replace(":8443", ""), with_port])
    message = signed_url + "".join(name + value for name in sorted(values) for value in sorted(set(values[name])))
    headers["x-twilio-signature"] = b64(mac(secret, message.encode(), "sha1"))
    return request(headers, sent(body), kind, secret=secret, url=url, method=method)


def of_plivo_v3(pairs=None, url=None, method="POST", entries="{}"):
    secret, url, nonce = word(), url or address(), str(rng.randint(10**19, 10**20))
    values, body, kind = form([] if method == "GET" else pairs)
    base, _, query = url.partition("?")
    joined = "&".join(f"{name}={value}" for name, value in sorted(parse_qsl(query, keep_blank_values=True)))
    message = base + ("?" if joined or values else "") + joined + ("." if joined and values else "")
    message += "".join(name + value for name in sorted(values) for value in sorted(values[name])) + "." + nonce
    headers = {"x-plivo-signature-v3": entries.format(b64(mac(secret, message.encode()))), "x-plivo-signature-v3-nonce": nonce}
    headers |= {"content-type": "application/x-www-form-urlencoded"} if method == "POST" else {}
    return request(headers, body, kind, secret=secret, url=url, method=method)


def of_plivo_v2(url=None, more="", body=b"{}"):
    secret, url, nonce = word(), url or address(), str(rng.randint(10**19, 10**20))
    tag = b64(mac(secret, (url.split("?")[0] + nonce).encode()))
    url += more if "?" in url else more.replace("&", "?", 1)
    return request({"x-plivo-signature-v2": tag, "x-plivo-signature-v2-nonce": nonce}, body, secret=secret, url=url)


def signed(claims, secret, algorithm="HS256"):
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm)


def of_livekit(shift=0, body=None, hashed=b64, prefix="", key="APIkey", **claims):
    secret, body = word(), json_body() if body is None else body
    token = AccessToken(key, secret).with_ttl(datetime.timedelta(seconds=250 + min(shift, 0)))
    token = (token.with_sha256(hashed(hashlib.sha256(body).digest())) if hashed else token).to_jwt()
    if shift > 0 or claims:
        claims = {**jwt.decode(token, options={"verify_signature": False}), "nbf": NOW + shift, "exp": NOW + shift + 250, **claims}
        token = signed(claims, secret)
    return request({"authorization": prefix + token}, body, keys={"APIkey": secret})


def of_messagebird(shift=0, body=None, algorithm="HS256", **claims):
    secret, url, body = rng.randbytes(32).hex(), address(), json_body() if body is None else body
    claims = {"iss": "MessageBird", "nbf": NOW + shift - 100, "exp": NOW + shift + 250, "jti": word(),
              "url_hash": hashlib.sha256(url.encode()).hexdigest(),
              "payload_hash": hashlib.sha256(body).hexdigest() if body else None, **claims}
    return request({"messagebird-signature-jwt": signed(claims, secret, algorithm)}, body, secret=secret, url=url)


# Changes of a finished request.


def edit(change, *path):
    """Changes one part: `headers` and a name, `body` or `url`."""
    def alter(made):
        place = made
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = change(place[path[-1]])
        return made
    return alter


def other(end, start=1):
    """Replaces a digit between `start` and `end` characters from the end."""
    def change(value):
        index = len(value) - rng.randint(start, end)
        return value[:index] + rng.choice([c for c in "abcdef012345" if c != value[index].lower()]) + value[index + 1:]
    return change


def another_key(made):
    changed = {"secret": "whsec_" + b64(rng.randbytes(32)), "keys": {"APIkey": word()},
               "public_key": b64(SigningKey(rng.randbytes(32)).verify_key.encode())}
    return {**made, **{name: value for name, value in changed.items() if name in made}}


def alterations(scheme):
    of_signature = {"signature": other(30, 5), "no signature": lambda _: None, "empty signature": lambda _: "",
                    "signature cut": lambda value: value[:-4]}
    yield from [(kind, edit(change, "headers", scheme.signature)) for kind, change in of_signature.items()]
    yield "another key", another_key
    yield from [(name, edit(other(3), "headers", name)) for name in scheme.headers]
    if scheme.url:
        yield "path", edit(lambda url: url.replace("/hook", "/hooks", 1), "url")
        yield "host", edit(lambda url: url.replace("://", "://x", 1), "url")
    yield from [(f"body {kind}", edit(change, "body")) for kind, change in scheme.body]
    yield from [("stale", {"shift": -3000}), ("of the future", {"shift": 3000})] if scheme.timed else []


IN_JSON = [("changed", lambda body: body.replace(b"EV_", b"EW_")), ("cut", lambda body: body[:-1]),
           ("longer", lambda body: body + b" "), ("dropped", lambda body: b"")]
IN_FORM = [("value", lambda body: body + b"9"), ("parameter more", lambda body: body + b"&x=1"), ("dropped", lambda body: b"")]

# The maker of a scheme's requests, the header of the signature, and what else is signed: headers, the body, the URL, the time.
Scheme = collections.namedtuple("Scheme", "make signature headers body url timed", defaults=[[], [], False, True])
SCHEMES = {
    "standard-webhooks": Scheme(
        standard("webhook", in_base64, with_prefix), "webhook-signature", ["webhook-id", "webhook-timestamp"], IN_JSON),
    "svix": Scheme(standard("svix", in_base64, with_prefix), "svix-signature", ["svix-id", "svix-timestamp"], IN_JSON),
    "openai": Scheme(standard("webhook", *OPENAI), "webhook-signature", ["webhook-id", "webhook-timestamp"], IN_JSON),
    "retell": Scheme(of_retell, "x-retell-signature", [], IN_JSON),
    "telnyx": Scheme(of_telnyx, "telnyx-signature-ed25519", ["telnyx-timestamp"], IN_JSON),
    "twilio": Scheme(of_twilio, "x-twilio-signature", [], IN_FORM, url=True, timed=False),
    "plivo-v3": Scheme(of_plivo_v3, "x-plivo-signature-v3", ["x-plivo-signature-v3-nonce"], IN_FORM, url=True, timed=False),
    "plivo-v2": Scheme(of_plivo_v2, "x-plivo-signature-v2", ["x-plivo-signature-v2-nonce"], url=True, timed=False),
    "livekit": Scheme(of_livekit, "authorization", [], IN_JSON),
    "messagebird": Scheme(of_messagebird, "messagebird-signature-jwt", [], IN_JSON, url=True),
}
OTHER_TAG = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def exact(url, **more):
    return {"pairs": [("CallSid", "CA1")], "url": url, "signed_url": url, **more}


STANDARD = "standard-webhooks svix openai"
READS_NUMBER = "the packages sign the number they read; here the time has one spelling"
STRICT = "frameworks decode it leniently; here a form is decoded strictly"
# Schemes, the oddity, and how it is made: by the maker's arguments or by a change of the signature's header. Then the packages whose
# verdict may differ (of which schemes, unless of all), and the reason.
ODDITIES = [
    (f"{STANDARD} retell telnyx livekit messagebird", "body not UTF-8", {"body": b'{"event":"\xff\xfe"}'},
     "py js", "the packages take the body as text; here it is bytes"),
    (f"{STANDARD} retell telnyx messagebird", "no body, signed", {"body": b""}, "js of svix telnyx", "the package parses it as JSON"),
    (STANDARD, "second of a list", {"entries": f"v1,{OTHER_TAG} {{}}"}),
    (STANDARD, "first of a list", {"entries": f"{{}} v1,{OTHER_TAG}"}),
    (STANDARD, "beside an entry of v1a", {"entries": f"v1a,{OTHER_TAG} {{}}"}),
    (STANDARD, "beside an entry of v2", {"entries": "v2,anything {}"}),
    (STANDARD, "beside an entry without a comma", {"entries": "v1 {}"}, "py of standard-webhooks svix", "the package raises ValueError"),
    (STANDARD, "version in capitals", lambda value: value.replace("v1", "V1")),
    (STANDARD, "signature without its version", lambda value: value[3:], "py js of openai", "the platform does not send it"),
    (STANDARD, "time with a zero before it", {"at": "0{}"}, "py js of standard-webhooks svix", READS_NUMBER),
    (STANDARD, "time with a sign", {"at": "+{}"}, "py js of standard-webhooks svix", READS_NUMBER),
    (STANDARD, "time with a fraction", {"at": "{}.0"}, "py js of standard-webhooks svix", READS_NUMBER),
    (STANDARD, "time with letters after it", {"at": "{}s"}, "js of standard-webhooks svix", READS_NUMBER),
    (STANDARD, "identifier with a full stop", {"id": "msg.1"}, "py js", "the specification forbids it: it moves the bound to the time"),
    (STANDARD, "signature without padding", lambda value: value.rstrip("="), "js of openai", "the package decodes base64 leniently"),
    ("retell", "hex in capitals", lambda value: value[:-64] + value[-64:].upper(), "py", "the package takes lower case alone"),
    ("retell", "header in capitals", lambda value: value.replace("v=", "V="), "js", "the package ignores case in the names too"),
    ("retell", "a part more", lambda value: value + ",x=1"),
    ("retell", "a space between the parts", lambda value: value.replace(",", ", ")),
    ("telnyx", "altered: S beyond the order", beyond_order),
    ("telnyx", "time with a zero before it", {"at": "0{}"}, "py js", "the packages sign the text; here the time has one spelling"),
    ("telnyx", "signature without padding", lambda value: value.rstrip("=")),
    ("twilio", "JSON by its hash", {"hashed": "bodySHA256={}".format}),
    ("twilio", "hash in capitals", {"hashed": lambda digest: f"bodySHA256={digest.upper()}"}, "py js", "the packages compare texts"),
    ("twilio", "two hashes, the first right", {"hashed": "bodySHA256={}&bodySHA256=00".format},
     "py js", "the packages take the first; here a repeated `bodySHA256` is rejected"),
    ("twilio", "hash before another parameter", {"hashed": "bodySHA256={}&z=1".format}, "py js", "Twilio appends it: here it must be last"),
    ("twilio", "altered: JSON by its hash", {"hashed": "bodySHA256={}".format, "sent": lambda body: body.replace(b"EV_", b"EW_")}),
    ("twilio", "JSON without its hash", {"body": b"{}"}, "py js", "the packages leave the body unproved; here that is rejected"),
    ("twilio", "GET", {"method": "GET", "body": b""}),
    ("twilio", "POST without a body", {"body": b""}),
    ("twilio", "bound moved between name and value", {"pairs": [("CallSid", "CA1")], "sent": lambda _: b"CallSidC=A1"}),
    ("twilio", "empty query", exact("https://example.com/hook?"), "py", "`urlparse` drops the question mark at the end"),
    ("twilio", "no path", exact("https://example.com")),
    ("twilio", "no path but a query", exact("https://example.com?a=b")),
    ("twilio", "quotes and brackets bare in the query", exact("https://example.com/hook?a=it's|[1]{2}^`\"")),
    ("twilio", "quote signed percent-encoded", exact("https://example.com/hook?a=it's", signed_url="https://example.com/hook?a=it%27s"),
     "js", "the package tries the URL once more as `new URL` writes it"),
    ("twilio", "password and port, signed without the port",
     exact("https://u:p@example.com:8443/hook", signed_url="https://u:p@example.com/hook"),
     "py", "the package cuts the authority at its first colon"),
    ("twilio", "form with a bare percent sign", {"pairs": [("Body", "100%")], "sent": lambda _: b"Body=100%"}, "py js", STRICT),
    ("twilio", "form with bytes that are not UTF-8", {"pairs": [("Note", "\ufffd")], "sent": lambda _: b"Note=%ff"}, "py js", STRICT),
    ("twilio", "form with empty pairs", {"pairs": [("a", "1")], "sent": lambda _: b"&&a=1&"}),
    ("twilio", "form with an empty name", {"pairs": [("", "1")], "sent": lambda _: b"=1"}, "py js", STRICT),
    ("twilio", "form with a name alone", {"pairs": [("Digits", ""), ("a", "1")], "sent": lambda _: b"Digits&a=1"}),
    ("twilio plivo-v3", "sorted otherwise by UTF-16", None, "js", "JavaScript sorts by units of UTF-16, others by code points or bytes"),
    ("plivo-v3", "GET", {"method": "GET"}),
    ("plivo-v3", "POST without parameters", {"pairs": []}),
    ("plivo-v3", "second of a list", {"entries": f"{OTHER_TAG},{{}}"}),
    ("plivo-v3", "a space in the list", {"entries": f"{OTHER_TAG}, {{}}"}, "py js", "the packages take the space as part of the signature"),
    ("plivo-v3", "no path", {"url": "https://example.com"}),
    ("plivo-v3 plivo-v2", "password in the URL", {"url": "https://u:p@example.com/hook"}, "js", "the package leaves it out of the URL"),
    ("plivo-v3 plivo-v2", "at sign in the path", {"url": "https://example.com/hook@"}, "js", "there it ends the authority"),
    ("plivo-v3", "repeats in the query", {"url": "https://example.com/hook?b=2&a=z&a=y&c=&a="}),
    ("plivo-v3", "plus in the query", {"url": "https://example.com/hook?a=1+2"}),
    ("plivo-v3", "query beyond ASCII", {"pairs": [("a", "b")], "url": "https://example.com/hook?a=%C3%A9"},
     "py", "the package raises UnicodeEncodeError"),
    ("plivo-v2", "another query", {"more": "&x=1"}),
    ("plivo-v2", "another body", {"body": b"[]"}),
    ("livekit", "after the word Bearer", {"prefix": "Bearer "}),
    ("livekit", "altered: a room's token", {"hashed": None}),
    ("livekit", "altered: of another account", {"key": "APIother"}),
    ("livekit", "hash in hex", {"hashed": bytes.hex}),
    ("livekit", "hash without padding", {"hashed": lambda digest: b64(digest).rstrip("=")}),
    ("livekit", "no exp", {"exp": None}),
    ("livekit", "no nbf", {"nbf": None}),
    ("livekit", "exp as text", {"exp": str(NOW + 200)}, "py", "the package takes a number in quotation marks"),
    ("messagebird", "hash of an empty body", {"body": b"", "payload_hash": hashlib.sha256(b"").hexdigest()},
     "js", "the package accepts it; the platform sends no hash of no body"),
    ("messagebird", "hash in capitals", {"body": b"x", "payload_hash": hashlib.sha256(b"x").hexdigest().upper()},
     "py", "the package compares the text of the hash"),
    ("messagebird", "HS384", {"algorithm": "HS384"}, "py js", "the platform signs by HS256; here nothing else is taken"),
    ("messagebird", "HS512", {"algorithm": "HS512"}, "py js", "the platform signs by HS256; here nothing else is taken"),
    ("messagebird", "altered: no payload_hash", {"payload_hash": None}),
    ("messagebird", "altered: no url_hash", {"url_hash": None}),
    ("messagebird", "altered: another issuer", {"iss": "Messagebird"}),
    ("messagebird", "no jti", {"jti": None}, "py", "the package for Node asks for it, and so does countersign"),
    ("messagebird", "no exp", {"exp": None}, "js", "the package does not ask for it"),
    ("messagebird", "no nbf", {"nbf": None}, "py", "the package asks for it"),
]


def kinds(name, scheme):
    """The kinds of a scheme's requests, each with the maker's arguments or a change."""
    for schemes, kind, how, *_ in ODDITIES:
        if how is not None and name in schemes.split():
            yield kind, how if isinstance(how, dict) else edit(how, "headers", scheme.signature)
    for kind, how in alterations(scheme):
        yield f"altered: {kind}", how


def requests(count, seed):
    """`count` requests of each scheme, every second a genuine one."""
    rng.seed(seed)
    for name, scheme in SCHEMES.items():
        changed = list(kinds(name, scheme))
        for number in range(count):
            kind, how = ("genuine", {}) if number % 2 else changed[number // 2 % len(changed)]
            made = scheme.make(**how) if isinstance(how, dict) else how(scheme.make())
            if made["kind"] == "genuine":
                made["kind"] = kind
            headers = [[name, value] for name, value in made.pop("headers").items() if value is not None]
            yield {"id": f"{name} {number}", "scheme": name, "headers": headers, "body_b64": b64(made.pop("body")), **made}


def reasons():
    """Why a package's verdict may differ, by scheme, kind and language."""
    for schemes, kind, _, *differs in ODDITIES:
        if differs:
            languages, _, only = differs[0].partition(" of ")
            yield from (((scheme, kind, language), differs[1]) for scheme in (only or schemes).split() for language in languages.split())
