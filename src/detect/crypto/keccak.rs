//! Keccak-256 as Ethereum uses it (the padding of before FIPS 202), for texts of less than a block.

/// The bytes of a block.
const RATE: usize = 136;

const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// By how much lanes are turned, and where they go, along the cycle that moves them.
const TURNS: [(usize, u32); 24] = [
    (10, 1),
    (7, 3),
    (11, 6),
    (17, 10),
    (18, 15),
    (3, 21),
    (5, 28),
    (16, 36),
    (8, 45),
    (21, 55),
    (24, 2),
    (4, 14),
    (15, 27),
    (23, 41),
    (19, 56),
    (13, 8),
    (12, 25),
    (2, 43),
    (20, 62),
    (14, 18),
    (22, 39),
    (9, 61),
    (6, 20),
    (1, 44),
];

type State = [u64; 25];

/// The hash of a text of less than 136 bytes; longer ones are cut.
pub(super) fn keccak256(text: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; RATE];
    let padded = text.iter().take(RATE - 1).copied().chain([1]);
    block
        .iter_mut()
        .zip(padded)
        .for_each(|(slot, byte)| *slot = byte);
    if let Some(last) = block.last_mut() {
        *last |= 0x80;
    }
    let mut state: State = [0; 25];
    for (lane, bytes) in state.iter_mut().zip(block.chunks_exact(8)) {
        *lane = bytes
            .iter()
            .rev()
            .fold(0, |lane, byte| lane << 8 | u64::from(*byte));
    }
    for round in ROUNDS {
        permute(&mut state, round);
    }
    let mut hash = [0; 32];
    let bytes = state.iter().flat_map(|lane| lane.to_le_bytes());
    hash.iter_mut()
        .zip(bytes)
        .for_each(|(slot, byte)| *slot = byte);
    hash
}

/// One round: theta, rho with pi, chi, iota (FIPS 202, section 3.2).
fn permute(state: &mut State, round: u64) {
    let mut columns = [0; 5];
    for (index, lane) in state.iter().enumerate() {
        xor(&mut columns, index % 5, *lane);
    }
    for (index, lane) in state.iter_mut().enumerate() {
        *lane ^= get(&columns, (index + 4) % 5) ^ get(&columns, (index + 1) % 5).rotate_left(1);
    }
    let mut moving = get(state, 1);
    for (to, turn) in TURNS {
        let next = get(state, to);
        xor(state, to, next ^ moving.rotate_left(turn));
        moving = next;
    }
    for row in state.chunks_exact_mut(5) {
        let mut before = [0; 5];
        before
            .iter_mut()
            .zip(row.iter())
            .for_each(|(slot, lane)| *slot = *lane);
        for (index, lane) in row.iter_mut().enumerate() {
            *lane ^= !get(&before, (index + 1) % 5) & get(&before, (index + 2) % 5);
        }
    }
    xor(state, 0, round);
}

fn get(lanes: &[u64], index: usize) -> u64 {
    lanes.get(index).copied().unwrap_or_default()
}

fn xor(lanes: &mut [u64], index: usize, with: u64) {
    if let Some(lane) = lanes.get_mut(index) {
        *lane ^= with;
    }
}

#[cfg(test)]
mod tests {
    use super::keccak256;

    #[test]
    fn hashes_are_those_of_keccak() {
        let hex = |text: &str| {
            keccak256(text.as_bytes())
                .map(|byte| format!("{byte:02x}"))
                .concat()
        };
        assert_eq!(
            hex(""),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
        assert_eq!(
            hex("abc"),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
        );
    }
}
