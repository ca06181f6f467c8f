//! One file a scheme. A platform that signs its body in hex is a setting of `hex_hmac`, as `vogent` and `voxagent` are;
//! one with a rule of its own gets a file with that rule in its module doc.

pub mod hex_hmac;
pub mod vogent;
pub mod vonage;
pub mod voxagent;
