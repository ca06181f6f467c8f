//! What makes genuine deliveries fail, one row each.

macro_rules! causes {
    ($( $(#[$doc:meta])* $cause:ident = $code:literal, $sentence:literal, $remedy:literal; )*) => {
        /// What makes a genuine delivery fail to verify.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Cause { $( $(#[$doc])* $cause, )* }

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
    /// The secret has no byte.
    SecretEmpty = "secret_empty",
        "The secret is empty.",
        "Set the variable that holds it, and do not start without it.";
    /// White space, a line feed or a byte order mark too many or too few at an end of the secret.
    SecretWhitespace = "secret_whitespace",
        "The secret has white space around it that does not belong to it.",
        "Store the secret without it: `printf` instead of `echo`, no line feed at the end of the file.";
    /// The secret stands in quotation marks.
    SecretQuoted = "secret_quoted",
        "The secret is stored in quotation marks.",
        "Take the quotation marks away: env files for Docker and systemd keep them as part of the value.";
    /// The secret is a whole line `NAME=value`.
    SecretAssignment = "secret_assignment",
        "The secret is stored with the name of its variable in front.",
        "Store what stands behind the equals sign.";
    /// The secret is to be decoded from base64 and is not, or the reverse.
    SecretBase64 = "secret_base64",
        "The secret is base64 where its bytes are the key, or bytes where its text is.",
        "`Secret::from_base64` decodes; `Secret::new` takes the text; `ContactCenter` decodes for itself.";
    /// The secret is to be decoded from hex and is not, or the reverse.
    SecretHex = "secret_hex",
        "The secret is hex where its bytes are the key, or bytes where its text is.",
        "Give `Secret::verbatim` the decoded bytes, or `Secret::new` the text, as the evidence says.";
    /// The secret is percent-encoded.
    SecretUrlEncoded = "secret_url_encoded",
        "The secret is percent-encoded.",
        "Store it decoded, as the dashboard shows it.";
    /// The secret is a PEM, a JSON Web Key or an SSH key.
    SecretPem = "secret_pem",
        "The secret is a PEM, a JSON Web Key or an SSH key.",
        "Use the webhook's signing secret; an application's private key signs requests of your own.";
    /// Another of the known secrets signs.
    SecretOther = "secret_other",
        "Another of your secrets signs these deliveries.",
        "Configure that one; while a secret is being rotated, both: `Keyring::new([new, old])`.";

    /// A line feed at the body's end was added or lost.
    BodyNewline = "body_newline",
        "The body gained or lost white space at an end on its way.",
        "Verify the bytes as they were received, before anything trims them or stores them as a text file.";
    /// Line ends were rewritten.
    BodyCrlf = "body_crlf",
        "The body's line ends were rewritten on its way.",
        "Verify the bytes as they were received; captures through a terminal or git change line ends.";
    /// A byte order mark was added or lost.
    BodyBom = "body_bom",
        "The body gained or lost a byte order mark on its way.",
        "Verify the bytes as they were received; an editor or a text decoder adds or takes the mark.";
    /// JSON was parsed and written again.
    BodyReserialised = "body_reserialised",
        "The body is JSON that was parsed and written again on its way.",
        "Verify the raw bytes before a JSON middleware, and let no gateway rewrite them.";
    /// The text was decoded and encoded in another character set.
    BodyEncoding = "body_encoding",
        "The body's text was decoded and encoded again on its way.",
        "Verify bytes, not a string: decoding loses what is not in the character set that was assumed.";
    /// A form was parsed and written again.
    BodyFormReencoded = "body_form_reencoded",
        "The body is a form that was parsed and written again on its way.",
        "Verify the raw bytes before a form middleware, and let no gateway rewrite them.";
    /// The body is still in base64.
    BodyBase64 = "body_base64",
        "The body is in base64, as Lambda hands it over.",
        "Decode it where `isBase64Encoded` is true, then verify.";
    /// The body is compressed.
    BodyGzip = "body_gzip",
        "The body is compressed, and what was signed is not.",
        "Let the server or proxy decompress it before it is verified, or tell the sender not to compress.";
    /// Nothing is left of the body.
    BodyEmpty = "body_empty",
        "The body is empty: a middleware has probably read it.",
        "Verify before whatever reads the body, or keep the bytes and hand them on.";

    /// The signature is in a header or parameter of another name.
    HeaderOther = "header_other",
        "The signature is there under another name.",
        "Name that header when the verifier is built, or let the proxy stop renaming it.";
    /// Something stands before or around the signature.
    SignaturePrefix = "signature_prefix",
        "The signature has a prefix or something else around it.",
        "No platform here sends one: see what rewrites the header, or check the header's name.";
    /// The header holds a list of signatures.
    SignatureList = "signature_list",
        "The header holds a list, of which the signature is a part.",
        "No platform here sends one: see what merges headers, or check the header's name.";
    /// The signature is in base64.
    SignatureBase64 = "signature_base64",
        "The signature is in base64 where hex is expected.",
        "No platform here sends one: see what rewrites the header, or check that it is this scheme.";
    /// The signature has the length of another algorithm, or of none.
    SignatureLength = "signature_length",
        "The signature does not have the configured algorithm's length.",
        "Configure the algorithm that the platform's dashboard shows.";
    /// There is no signature.
    SignatureMissing = "signature_missing",
        "The request carries no signature.",
        "Check the header's name, that webhooks are signed at all, and that no proxy drops the header.";
    /// Another algorithm or signature method signs.
    AlgorithmOther = "algorithm_other",
        "Another algorithm than the configured one signs these deliveries.",
        "Configure the one the evidence names, or change it on the platform's dashboard.";
    /// The delivery is signed by another scheme.
    SchemeOther = "scheme_other",
        "The request is signed by another scheme than this verifier's.",
        "Use the verifier that the evidence names: which scheme signs depends on the product.";

    /// The signed parameters are elsewhere than the method and the media type say.
    ParamsOtherSource = "params_other_source",
        "The signed parameters are elsewhere: query and body are mixed up.",
        "Hand over the method, query, `Content-Type` and body as they were received.";
    /// Parameters were decoded twice, or not at all.
    ParamsDecoding = "params_decoding",
        "The parameters were decoded or encoded once too often on their way.",
        "Hand over the raw query or form; the verifier decodes it once.";
    /// Somebody on the way added a parameter.
    ParamsAdded = "params_added",
        "Parameters were added on the way that the platform did not sign.",
        "Take the framework's or proxy's own parameters out before verifying.";
    /// Blank values were rewritten.
    ParamsBlank = "params_blank",
        "Values that were blank were rewritten on their way.",
        "Hand over the raw query or body, in which a blank value is blank.";

    /// A clock is off, or the delivery is verified long after it was signed.
    ClockSkew = "clock_skew",
        "The signed time is outside of the tolerance.",
        "Keep the clock right with NTP; verify when the delivery arrives, or widen the tolerance.";
    /// Milliseconds stand where seconds are expected.
    TimestampMilliseconds = "timestamp_milliseconds",
        "A time is in milliseconds where seconds are expected.",
        "Give `UnixTime::from_secs` whole seconds.";
    /// `exp` has passed.
    TokenExpired = "token_expired",
        "The token had expired when it was verified.",
        "Verify when the delivery arrives, keep the clock right, or allow a `leeway`.";
    /// What the token covers is the body before it was parsed and written again.
    PayloadHashReserialised = "payload_hash_reserialised",
        "The token is genuine, and the body is JSON that was parsed and written again on its way.",
        "Verify the raw bytes before a JSON middleware, and let no gateway rewrite them.";
    /// The payload hash is that of the raw query.
    PayloadHashRawQuery = "payload_hash_raw_query",
        "The token is genuine, and its hash is that of the raw query.",
        "Vonage hashes the JSON object of the query's parameters: see what else signs these requests.";
    /// The token carries no hash.
    PayloadHashMissing = "payload_hash_missing",
        "The token is genuine and covers neither body nor query.",
        "See which product sends it; `insecure_accept_unhashed_body` accepts it and proves the token alone.";
    /// There is no token.
    UnsignedCallback = "unsigned_callback",
        "The request carries no token.",
        "Answer with a 5xx, so that Vonage sends it again; check that signed webhooks are on, and the proxy.";

    /// The verifier refuses for a reason that has nothing to do with the signature.
    RefusedOtherwise = "refused_otherwise",
        "The verifier refuses for a reason besides the signature.",
        "See the kind of the error that the verifier gives.";
    /// The trials were more than a diagnosis may cost.
    SearchIncomplete = "search_incomplete",
        "The search ended before everything was tried.",
        "Give fewer secrets at once, and capture a shorter request with fewer signatures in it.";
    /// Nothing fits.
    ForgedOrUnknownSecret = "forged_or_unknown_secret",
        "The request is forged or altered, or signed with a secret that is not at hand.",
        "Compare the secret with the dashboard's, by its length; see what alters requests on their way.";
}
