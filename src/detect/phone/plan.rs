//! How long the numbers of each country are (ITU-T E.164 and the national plans).

/// Country codes from the first to the second one, and the fewest and most digits after the code.
const COUNTRIES: &[(u32, u32, usize, usize)] = &[
    (1, 1, 10, 10),
    (7, 7, 10, 10),
    (20, 20, 8, 10),
    (27, 27, 9, 9),
    (30, 30, 10, 10),
    (31, 31, 9, 9),
    (32, 32, 8, 9),
    (33, 34, 9, 9),
    (36, 36, 8, 9),
    (39, 39, 6, 11),
    (40, 41, 9, 9),
    (43, 43, 6, 13),
    (44, 44, 9, 10),
    (45, 45, 8, 8),
    (46, 46, 7, 10),
    (47, 47, 8, 8),
    (48, 48, 9, 9),
    (49, 49, 6, 12),
    (51, 51, 8, 9),
    (52, 52, 10, 11),
    (53, 53, 6, 8),
    (54, 55, 10, 11),
    (56, 56, 9, 9),
    (57, 57, 8, 10),
    (58, 58, 10, 10),
    (60, 60, 7, 10),
    (61, 61, 9, 9),
    (62, 62, 7, 12),
    (63, 64, 8, 10),
    (65, 65, 8, 8),
    (66, 66, 8, 9),
    (81, 81, 9, 10),
    (82, 82, 8, 11),
    (84, 84, 9, 10),
    (86, 86, 9, 12),
    (90, 91, 10, 10),
    (92, 92, 9, 10),
    (93, 94, 9, 9),
    (95, 95, 7, 10),
    (98, 98, 10, 10),
    (211, 269, 7, 10),
    (290, 299, 5, 7),
    (350, 350, 8, 8),
    (351, 351, 9, 9),
    (352, 352, 5, 11),
    (353, 353, 7, 10),
    (354, 354, 7, 9),
    (355, 355, 8, 9),
    (356, 357, 8, 8),
    (358, 358, 5, 12),
    (359, 359, 7, 9),
    (370, 371, 8, 8),
    (372, 372, 7, 10),
    (373, 374, 8, 8),
    (375, 375, 9, 10),
    (376, 376, 6, 9),
    (377, 377, 8, 9),
    (378, 378, 6, 10),
    (380, 380, 9, 9),
    (381, 381, 8, 10),
    (382, 383, 8, 9),
    (385, 387, 8, 9),
    (389, 389, 8, 8),
    (420, 421, 9, 9),
    (423, 423, 7, 9),
    (500, 509, 5, 8),
    (590, 599, 7, 9),
    (670, 692, 5, 8),
    (800, 800, 8, 8),
    (850, 856, 8, 10),
    (880, 880, 6, 10),
    (886, 886, 8, 9),
    (960, 961, 7, 8),
    (962, 963, 8, 9),
    (964, 964, 8, 10),
    (965, 965, 8, 8),
    (966, 967, 7, 9),
    (968, 968, 8, 8),
    (970, 972, 8, 10),
    (973, 976, 8, 8),
    (977, 977, 8, 10),
    (992, 992, 9, 9),
    (993, 993, 8, 8),
    (994, 998, 9, 9),
];

/// Whether digits are a country code and a number as long as one of that country is.
pub(super) fn is_international(digits: &[u8]) -> bool {
    let fits = |(low, high, least, most): &(u32, u32, usize, usize)| {
        let code_len = if *high < 10 {
            1
        } else if *high < 100 {
            2
        } else {
            3
        };
        let Some((code, rest)) = digits.split_at_checked(code_len) else {
            return false;
        };
        let code = code
            .iter()
            .fold(0, |code, digit| code * 10 + u32::from(*digit));
        let is_code = (*low..=*high).contains(&code);
        is_code && (*least..=*most).contains(&rest.len()) && (code != 1 || is_north_american(rest))
    };
    digits.len() <= 15 && COUNTRIES.iter().any(fits)
}

/// Whether ten digits are an area, which begins with 2 to 9 and is no service such as 911, an
/// exchange, and a line.
pub(super) fn is_north_american(digits: &[u8]) -> bool {
    match digits {
        [2..=9, b, c, exchange, _, _, _, _, _, _] => (*b, *c) != (1, 1) && *exchange >= 1,
        _ => false,
    }
}
