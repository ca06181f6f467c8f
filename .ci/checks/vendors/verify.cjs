// Prints, for each request on standard input, the verdicts of the vendors' packages for Node.
const { createSecretKey } = require("node:crypto");
const { createInterface } = require("node:readline");
const { parse } = require("node:querystring");
const { WebhookReceiver } = require("livekit-server-sdk");
const messagebird = require("messagebird/lib/webhook-signature-jwt.js");
const { OpenAI } = require("openai");
const plivo = require("plivo");
const retell = require("retell-sdk");
const standardwebhooks = require("standardwebhooks");
const svix = require("svix");
const { Telnyx } = require("telnyx");
const twilio = require("twilio");

const openai = new OpenAI({ apiKey: "unused" });
const telnyx = new Telnyx({ apiKey: "unused" });

// Per scheme. A result that is not a boolean means accepted, because the package throws otherwise.
const verify = {
  "standard-webhooks": (d, h, b) => new standardwebhooks.Webhook(d.secret).verify(b, h),
  svix: (d, h, b) => new svix.Webhook(d.secret).verify(b, h),
  openai: (d, h, b) => openai.webhooks.verifySignature(b.toString(), h, d.secret),
  retell: (d, h, b) => retell.verify(b.toString(), d.secret, h["x-retell-signature"]),
  telnyx: async (d, h, b) => void (await telnyx.webhooks.unwrap(b.toString(), { headers: h, key: d.public_key })),
  twilio: (d, h, b) => {
    const [signature, isForm] = [h["x-twilio-signature"], h["content-type"]?.includes("form")];
    return d.url.includes("bodySHA256") && !isForm
      ? twilio.validateRequestWithBody(d.secret, signature, d.url, b.toString())
      : twilio.validateRequest(d.secret, signature, d.url, isForm ? parse(b.toString()) : {});
  },
  "plivo-v3": (d, h, b) =>
    plivo.validateV3Signature(
      d.method ?? "POST", d.url, h["x-plivo-signature-v3-nonce"], d.secret, h["x-plivo-signature-v3"], parse(b.toString()),
    ),
  "plivo-v2": (d, h) => plivo.validateSignature(d.url, h["x-plivo-signature-v2-nonce"], h["x-plivo-signature-v2"], d.secret),
  livekit: async (d, h, b) => void (await new WebhookReceiver(...Object.entries(d.keys)[0]).receive(b.toString(), h.authorization)),
  messagebird: (d, h, b) => messagebird.verify(d.url, b, h["messagebird-signature-jwt"], createSecretKey(Buffer.from(d.secret))),
};

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const delivery = JSON.parse(line);
    try {
      const body = Buffer.from(delivery.body_b64, "base64");
      const verdict = await verify[delivery.scheme](delivery, Object.fromEntries(delivery.headers), body);
      console.log(JSON.stringify({ accepts: verdict !== false }));
    } catch (error) {
      console.log(JSON.stringify({ accepts: false, why: `${error}`.slice(0, 100) }));
    }
  }
})();
