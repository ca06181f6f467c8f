"""The verdicts of the platforms' packages for Python."""

import base64
from urllib.parse import parse_qs, urlsplit

import openai
import plivo.utils
import retell.lib.webhook_auth
import standardwebhooks.webhooks
import svix.webhooks
import twilio.request_validator
from livekit.api import TokenVerifier, WebhookReceiver
from messagebird.request_validator import RequestValidator
from telnyx.lib.webhook_verification import verify_webhook_signature

OPENAI = openai.OpenAI(api_key="unused")


class Params(dict):
    """A form as web frameworks pass it to `twilio`: every value of a name."""

    def getlist(self, name):
        return self[name]


def verify_twilio(d, header, body):
    validator = twilio.request_validator.RequestValidator(d["secret"])
    params = parse_qs(body.decode(), keep_blank_values=True) if "form" in header.get("content-type", "") else {}
    is_hashed = "bodySHA256" in d["url"] and not params
    return validator.validate(d["url"], body.decode() if is_hashed else Params(params), header.get("x-twilio-signature", ""))


def verify_plivo(d, header, body):
    params = parse_qs(body.decode(), keep_blank_values=True)
    nonce, tag = header["x-plivo-signature-v3-nonce"], header["x-plivo-signature-v3"]
    return plivo.utils.validate_v3_signature(d.get("method", "POST"), d["url"], nonce, d["secret"], tag, params)


# Per scheme. A result that is not a bool means accepted, because the package raises otherwise.
VERIFY = {
    "standard-webhooks": lambda d, h, b: standardwebhooks.webhooks.Webhook(d["secret"]).verify(b, h, json_parse=False),
    "svix": lambda d, h, b: svix.webhooks.Webhook(d["secret"]).verify(b, h),
    "openai": lambda d, h, b: OPENAI.webhooks.verify_signature(b, h, secret=d["secret"]),
    "retell": lambda d, h, b: retell.lib.webhook_auth.verify(b.decode(), d["secret"], h["x-retell-signature"]),
    "telnyx": lambda d, h, b: verify_webhook_signature(b, h, d["public_key"]),
    "twilio": verify_twilio,
    "plivo-v3": verify_plivo,
    "plivo-v2": lambda d, h, b: plivo.utils.validate_signature(
        d["url"], h["x-plivo-signature-v2-nonce"], h["x-plivo-signature-v2"], d["secret"]
    ),
    "livekit": lambda d, h, b: WebhookReceiver(TokenVerifier(*next(iter(d["keys"].items())))).receive(b.decode(), h["authorization"]),
    "messagebird": lambda d, h, b: RequestValidator(d["secret"]).validate_signature(h["messagebird-signature-jwt"], d["url"], b),
}


def verdict(delivery):
    try:
        answer = VERIFY[delivery["scheme"]](delivery, dict(delivery["headers"]), base64.b64decode(delivery["body_b64"]))
        return {"accepts": answer is not False}
    except Exception as error:
        return {"accepts": False, "why": f"{type(error).__name__}: {error}"[:100]}
