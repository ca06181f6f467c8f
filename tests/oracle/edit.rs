//! An edit of a text, as by an attacker or an accident.

/// The kind and place of the edit. Every value is valid: positions wrap around, and those of the upper half count from the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit {
    pub(crate) kind: u8,
    pub(crate) at: u16,
    pub(crate) byte: u8,
}

impl Edit {
    /// The number of kinds of edit.
    pub(crate) const KINDS: u8 = 9;

    pub(crate) fn apply(self, text: &mut Vec<u8>) {
        let length = text.len();
        if length == 0 {
            text.push(self.byte);
            return;
        }
        let at = if self.at < 0x8000 {
            usize::from(self.at) % length
        } else {
            length - 1 - usize::from(u16::MAX - self.at) % length
        };
        match self.kind % Self::KINDS {
            0 => text[at] ^= 1 << (self.byte % 8),
            1 => drop(text.remove(at)),
            2 => text.insert(at, self.byte),
            3 => text.insert(at, text[at]),
            4 => text.swap(at, (at + 1) % length),
            5 => text[at] = self.byte,
            6 => text.truncate(at),
            7 => text.push(self.byte),
            _ => repeat(text, at, usize::from(self.byte)),
        }
    }
}

/// Repeats a piece of the text at `at`.
fn repeat(text: &mut Vec<u8>, at: usize, length: usize) {
    let end = text.len().min(at + length);
    let piece = text[at..end].to_vec();
    text.splice(end..end, piece);
}
