//! What makes genuine requests fail: one row each, with its code, the cause and the remedy.

macro_rules! causes {
    ($( $cause:ident = $code:literal, $sentence:literal, $remedy:literal; )*) => {
        /// What makes a genuine request fail to verify.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause { $( #[doc = $sentence] $cause, )* }

        impl Cause {
            /// All causes of this version, in the order of declaration.
            pub const ALL: &[Self] = &[$( Self::$cause, )*];

            /// Returns the stable name in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$cause => $code, )* }
            }

            /// Returns the cause in one sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $( Self::$cause => $sentence, )* }
            }

            /// Returns what to do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $( Self::$cause => $remedy, )* }
            }
        }
    };
}

causes! {
    SecretEmpty = "secret_empty", "The secret is empty.",
        "Set the variable that holds it, and do not start without it.";
    SecretWhitespace = "secret_whitespace", "The secret has extra white space at an end, or lacks some.",
        "Store the secret as the dashboard shows it. Use `printf` instead of `echo`, and no line feed at the end of the file.";
    SecretQuoted = "secret_quoted", "The secret is stored in quotation marks.",
        "Remove the quotation marks: env files for Docker and systemd keep them as part of the value.";
    SecretAssignment = "secret_assignment", "The secret is stored with the name of its variable in front.",
        "Store only what follows the equals sign.";
    SecretBase64 = "secret_base64", "The secret was used as text but should be base64-decoded, or the reverse.",
        "Store the secret as the dashboard shows it. In a rule of your own, `Secret::from_base64` decodes and `Secret::new` does not.";
    SecretHex = "secret_hex", "The secret was used as text but should be hex-decoded, or the reverse.",
        "As the evidence says, give the decoded bytes to `Secret::verbatim`, or the text to `Secret::new`.";
    SecretUrlEncoded = "secret_url_encoded", "The secret is percent-encoded, or should be.",
        "Store it as the dashboard shows it.";
    SecretPem = "secret_pem", "The secret is a PEM, a JSON Web Key or an SSH key.",
        "Use the webhook's signing secret. A private key signs your own requests.";
    SecretOther = "secret_other", "Another of your secrets signs these requests.",
        "Configure that secret, with several tenants under the name in the request. During a rotation, configure both: `Keyring::new([new, old])`.";
    TenantMissing = "tenant_missing", "The request does not name its tenant.",
        "Find what removes the tenant's name on the way, or use a verifier for this one secret.";

    BodyNewline = "body_newline", "The body gained or lost white space at an end.",
        "Verify the bytes as received, before anything trims them or saves them as text.";
    BodyCrlf = "body_crlf", "The line ends of the body were changed.",
        "Verify the bytes as received. Terminals and git change line ends.";
    BodyBom = "body_bom", "The body gained or lost a byte order mark.",
        "Verify the bytes as received. Editors and text decoders add or remove the mark.";
    BodyReserialised = "body_reserialised", "The body is JSON that was parsed and written again.",
        "Verify the raw bytes before any JSON middleware. Stop gateways from rewriting them.";
    BodyEncoding = "body_encoding", "The body's text was converted to another character set.",
        "Verify bytes, not a string. Decoding loses characters outside the assumed character set.";
    BodyFormReencoded = "body_form_reencoded", "The body is a form that was parsed and written again.",
        "Verify the raw bytes before any form middleware. Stop gateways from rewriting them.";
    BodyBase64 = "body_base64", "The body is still in base64, as AWS Lambda passes it.",
        "If `isBase64Encoded` is true, decode the body before you verify.";
    BodyGzip = "body_gzip", "The body is compressed, but was signed uncompressed.",
        "Decompress the body before you verify, or tell the sender not to compress.";
    BodyEmpty = "body_empty", "The body is empty. Probably a middleware has read it.",
        "Verify before anything reads the body, or keep the bytes and pass them on.";

    HeaderOther = "header_other", "Another header holds the signature or another signed value.",
        "Stop the proxy from renaming the header, or configure the verifier with its new name.";
    SignaturePrefix = "signature_prefix", "The signature has extra text, such as a prefix, or lacks its prefix.",
        "Find what rewrites the header. If the platform sends it so, use the verifier of its scheme.";
    SignatureList = "signature_list", "The header holds a list, and one entry is the signature.",
        "Find what merges headers. If the platform sends a list, use the verifier of its scheme.";
    SignatureBase64 = "signature_base64", "The signature is in base64 where hex is expected, or the reverse.",
        "Find what rewrites the header. If the platform sends it so, use the verifier of its scheme.";
    SignatureLength = "signature_length", "The signature has the wrong length for the algorithm.",
        "Compare the verifier's algorithm with the platform's. Check that nothing cuts the header.";
    SignatureMissing = "signature_missing", "The request has no signature.",
        "Check that the platform signs these webhooks, and that nothing on the way removes the signature.";
    AlgorithmOther = "algorithm_other", "The request is signed with another algorithm.",
        "Use the same algorithm on both sides. If the verifier has no setting for it, change it at the platform.";
    SchemeOther = "scheme_other", "The request is signed by another scheme.",
        "Use the verifier of the scheme that the evidence names.";

    UrlOther = "url_other", "The signed URL differs from the URL that the verifier builds.",
        "Set the base URL to the start of the URL that the platform calls. Behind a proxy or in a nested router, pass the original path.";
    ParamsOtherSource = "params_other_source", "The signed parameters are elsewhere: query and body are mixed up.",
        "Pass the method, query, `Content-Type` and body as received.";
    ParamsDecoding = "params_decoding", "The parameters were decoded or encoded once too often, or not as a form.",
        "Pass the raw query or form. The verifier decodes it once.";
    ParamsAdded = "params_added", "The request has parameters that the platform did not sign.",
        "Remove the parameters of the framework or proxy before you verify.";
    ParamsBlank = "params_blank", "Blank values, or spaces around values, were changed or removed.",
        "Pass the raw query or body, with its blank values.";
    ParamsOrder = "params_order", "The parameters were signed in another order or form.",
        "Pass the raw query or form, since maps change the order. If you sign requests yourself, join the parameters as documented.";

    ClockSkew = "clock_skew", "The signed time is outside the timestamp window.",
        "Synchronise the clock with NTP. Verify when the request arrives, or widen the window.";
    TimestampMilliseconds = "timestamp_milliseconds", "A time is in milliseconds where seconds are expected, or the reverse.",
        "If the evidence names the clock, give seconds to `UnixTime::from_secs`. Otherwise the sender must sign the documented unit.";
    TokenExpired = "token_expired", "The token had expired when it was verified.",
        "Verify when the request arrives, synchronise the clock, or allow a `leeway`.";
    PayloadAltered = "payload_altered", "The signature and the secret are right, but the payload is not the signed one.",
        "Pass the body and query that came with this signature. Find what changes them on the way.";
    PayloadHashReserialised = "payload_hash_reserialised", "The token is genuine, and the body is JSON that was parsed and written again.",
        "Verify the raw bytes before any JSON middleware. Stop gateways from rewriting them.";
    PayloadHashRawQuery = "payload_hash_raw_query", "The token is genuine, and its hash is that of the raw query.",
        "The platform hashes the JSON object of the query's parameters. Find what else signs these requests.";
    PayloadHashMissing = "payload_hash_missing", "The token is genuine, but covers neither body nor query.",
        "Check which product sends it. `insecure_accept_unhashed_body` accepts it, and proves only the token.";
    UnsignedCallback = "unsigned_callback", "The request has no token.",
        "Check that signed webhooks are on, and that no proxy removes the header. With `retry_unsigned`, Vonage sends it again.";

    RejectedOtherwise = "rejected_otherwise", "The verifier rejects the request, but not for its signature.",
        "Correct what the evidence names: the guide's chapter `errors` says how.";
    SearchIncomplete = "search_incomplete", "The search ended before everything was tried.",
        "Give fewer secrets at once, and capture a shorter request with fewer signatures in it.";
    ForgedOrUnknownSecret = "forged_or_unknown_secret", "The request is forged or altered, or you did not give its secret.",
        "Give your other secrets too, such as the previous one. Compare the secret's length, and the base URL if the URL is signed, \
            with the dashboard's. Find what changes requests on the way.";
}
