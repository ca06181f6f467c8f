//! What makes genuine requests fail: one row each, with its code, the cause and the remedy.

macro_rules! causes {
    ($( $cause:ident = $code:literal, $sentence:literal, $remedy:literal; )*) => {
        /// What makes a genuine request fail to verify.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause { $( #[doc = $sentence] $cause, )* }

        impl Cause {
            /// Every cause there is in this version, in the order of the declaration.
            pub const ALL: &[Self] = &[$( Self::$cause, )*];

            /// The stable name in snake case.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( Self::$cause => $code, )* }
            }

            /// The cause in one sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $( Self::$cause => $sentence, )* }
            }

            /// What to do about it.
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
    SecretWhitespace = "secret_whitespace", "The secret has white space around it that does not belong to it, or lacks some.",
        "Store the secret as the dashboard shows it: `printf` instead of `echo`, no line feed at the end of the file.";
    SecretQuoted = "secret_quoted", "The secret is stored in quotation marks.",
        "Remove the quotation marks: env files for Docker and systemd keep them as part of the value.";
    SecretAssignment = "secret_assignment", "The secret is stored with the name of its variable in front.",
        "Store what stands behind the equals sign.";
    SecretBase64 = "secret_base64", "The secret was used as text but should be base64-decoded, or the reverse.",
        "Store the secret as the dashboard shows it. A rule of your own: `Secret::from_base64` decodes, `Secret::new` does not.";
    SecretHex = "secret_hex", "The secret was used as text but should be hex-decoded, or the reverse.",
        "Give `Secret::verbatim` the decoded bytes, or `Secret::new` the text, as the evidence says.";
    SecretUrlEncoded = "secret_url_encoded", "The secret is percent-encoded, or should be.",
        "Store it as the dashboard shows it.";
    SecretPem = "secret_pem", "The secret is a PEM, a JSON Web Key or an SSH key.",
        "Use the webhook's signing secret; an application's private key signs requests of your own.";
    SecretOther = "secret_other", "Another of your secrets signs these requests.",
        "Configure that one. While a secret is being rotated, configure both: `Keyring::new([new, old])`.";
    TenantMissing = "tenant_missing", "The request does not name its tenant.",
        "Find what drops the tenant's name on the way, or use a verifier with this one secret.";

    BodyNewline = "body_newline", "The body gained or lost white space at an end.",
        "Verify the bytes as they were received, before anything trims them or stores them as a text file.";
    BodyCrlf = "body_crlf", "The body's line ends were rewritten.",
        "Verify the bytes as they were received; captures through a terminal or git change line ends.";
    BodyBom = "body_bom", "The body gained or lost a byte order mark.",
        "Verify the bytes as they were received; an editor or a text decoder adds or removes the mark.";
    BodyReserialised = "body_reserialised", "The body is JSON that was parsed and written again.",
        "Verify the raw bytes before a JSON middleware, and let no gateway rewrite them.";
    BodyEncoding = "body_encoding", "The body's text was decoded and encoded again, in another character set.",
        "Verify bytes, not a string: decoding loses what is not in the character set that was assumed.";
    BodyFormReencoded = "body_form_reencoded", "The body is a form that was parsed and written again.",
        "Verify the raw bytes before a form middleware, and let no gateway rewrite them.";
    BodyBase64 = "body_base64", "The body is in base64, as Lambda hands it over.",
        "Decode it where `isBase64Encoded` is true, then verify.";
    BodyGzip = "body_gzip", "The body is compressed, and what was signed is not.",
        "Let the server or proxy decompress it before it is verified, or tell the sender not to compress.";
    BodyEmpty = "body_empty", "The body is empty: a middleware has probably read it.",
        "Verify before whatever reads the body, or keep the bytes and hand them on.";

    HeaderOther = "header_other", "The signature, or another signed value, is there under another name.",
        "Let the proxy stop renaming it. A verifier whose header can be named takes the new name.";
    SignaturePrefix = "signature_prefix", "The signature has a prefix or something else around it, or lacks its prefix.",
        "Find what rewrites the value on its way. If the sender writes it so, it follows another scheme than this one.";
    SignatureList = "signature_list", "The value is a list, of which the signature is a part.",
        "Find what merges values on the way. If the sender writes it so, it follows another scheme than this one.";
    SignatureBase64 = "signature_base64", "The signature is in base64 where hex is expected, or the reverse.",
        "Find what rewrites the value on its way. If the sender writes it so, it follows another scheme than this one.";
    SignatureLength = "signature_length", "The signature does not have the length that the algorithm gives.",
        "Compare the verifier's algorithm with the platform's, and find what cuts the value on its way.";
    SignatureMissing = "signature_missing", "The request carries no signature.",
        "Check that the platform signs these webhooks, and that nothing on the way drops the signature.";
    AlgorithmOther = "algorithm_other", "Another algorithm than the verifier's signs these requests.",
        "Use one algorithm on both sides. If the verifier has no setting for it, set it at the sender.";
    SchemeOther = "scheme_other", "The request belongs to another scheme than this verifier's.",
        "Use the verifier of the scheme that the evidence names.";

    UrlOther = "url_other", "The URL that was signed is not the one that the verifier puts together.",
        "Set the base URL to what the platform calls. Under a proxy or a nested router, hand over the original path.";
    ParamsOtherSource = "params_other_source", "The signed parameters are elsewhere: query and body are mixed up.",
        "Hand over the method, query, `Content-Type` and body as they were received.";
    ParamsDecoding = "params_decoding", "The parameters were decoded or encoded once too often, or not as a form is.",
        "Hand over the raw query or form; the verifier decodes it once.";
    ParamsAdded = "params_added", "The request has parameters that the platform did not sign.",
        "Remove the framework's or proxy's own parameters before verifying.";
    ParamsBlank = "params_blank", "Blank values, or blanks around values, were rewritten or removed.",
        "Hand over the raw query or body, in which a blank value is blank.";
    ParamsOrder = "params_order", "The parameters were signed in another order or form than the one at hand.",
        "Hand over the raw query or form: maps reorder parameters. A sender of your own must join them as documented.";

    ClockSkew = "clock_skew", "The signed time is outside of the tolerance.",
        "Keep the clock right with NTP; verify when the request arrives, or widen the tolerance.";
    TimestampMilliseconds = "timestamp_milliseconds", "A time is in milliseconds where seconds are expected, or the reverse.",
        "If the evidence names the clock, give `UnixTime::from_secs` whole seconds. Else the sender must sign the documented unit.";
    TokenExpired = "token_expired", "The token had expired when it was verified.",
        "Verify when the request arrives, keep the clock right, or allow a `leeway`.";
    PayloadAltered = "payload_altered", "The signature is genuine and the secret is right, but the payload is another one.",
        "Hand over the body and query that came with this signature, unchanged: something on the way replaced or rewrote them.";
    PayloadHashReserialised = "payload_hash_reserialised", "The token is genuine, and the body is JSON that was parsed and written again.",
        "Verify the raw bytes before a JSON middleware, and let no gateway rewrite them.";
    PayloadHashRawQuery = "payload_hash_raw_query", "The token is genuine, and its hash is that of the raw query.",
        "The platform hashes the JSON object of the query's parameters: find what else signs these requests.";
    PayloadHashMissing = "payload_hash_missing", "The token is genuine and covers neither body nor query.",
        "See which product sends it; `insecure_accept_unhashed_body` accepts it and proves the token alone.";
    UnsignedCallback = "unsigned_callback", "The request carries no token.",
        "Check that signed webhooks are on, and that no proxy drops the header. `retry_unsigned` makes Vonage send it again.";

    RefusedOtherwise = "refused_otherwise", "The verifier rejects the request for a reason besides the signature.",
        "Correct what the evidence names.";
    SearchIncomplete = "search_incomplete", "The search ended before everything was tried.",
        "Give fewer secrets at once, and capture a shorter request with fewer signatures in it.";
    ForgedOrUnknownSecret = "forged_or_unknown_secret", "The request is forged or altered, or signed with a secret that is not at hand.",
        "Compare the secret with the dashboard's, by its length. Find what alters requests on their way.";
}
