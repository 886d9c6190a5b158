//! What is measured with vectors (`bench/simd`) gives what the same without vectors gives.

mod common;

use bident::Val;
use common::{Guest, both};

const BLUR: &str = include_str!("../../../bench/simd/blur.wat");
const DOT: &str = include_str!("../../../bench/simd/dot.wat");
const SHA256: &str = include_str!("../../../bench/simd/sha256.wat");

/// Runs a kernel with each count, in an instance each, and compares.
fn check(wat: &str, name: &str, counts: &[i32], expected: impl Fn(i32) -> u32) {
    both(|engine| {
        for &n in counts {
            let mut guest = Guest::plain(engine, wat);
            let result = guest.call(name, &[Val::I32(n)]).unwrap();
            assert_eq!(result[0].i32(), Some(expected(n) as i32), "{name} {n}");
        }
    });
}

#[test]
fn an_image_is_blurred() {
    const SIDE: usize = 256;
    check(BLUR, "blur", &[1, 2, 7], |n| {
        let mut seed = 1u32;
        let pixel = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 24
        };
        let mut image: Vec<u32> = (0..SIDE * SIDE).map(pixel).collect();
        for _ in 0..n {
            let before = image.clone();
            for row in 1..SIDE - 1 {
                for column in 16..SIDE - 16 {
                    let mut sum = 8;
                    for (i, weight) in [1, 2, 1, 2, 4, 2, 1, 2, 1].into_iter().enumerate() {
                        let at = (row + i / 3 - 1) * SIDE + column + i % 3 - 1;
                        sum += weight * before[at];
                    }
                    image[row * SIDE + column] = sum / 16;
                }
            }
        }
        image.iter().sum()
    });
}

#[test]
fn products_are_added_up() {
    let expected = |n: i32| {
        let mut x: Vec<u32> = (0..4096).map(|i| i % 17).collect();
        let mut sum = 0u32;
        for n in (1..=n as u32).rev() {
            let product = |(i, x): (u32, &u32)| x * (i % 13);
            let product: u32 = (0..).zip(&x).map(product).sum();
            sum = sum.wrapping_add((product as f32).to_bits());
            x[n as usize % 4096] = n % 17;
        }
        sum
    };
    check(DOT, "dot", &[1, 2, 5000], expected);
    check(DOT, "dot_fma", &[1, 2, 5000], expected);
}

/// The digests are those of `sha256sum`.
#[test]
fn blocks_are_hashed() {
    check(SHA256, "sha256", &[1, 1000], |n| match n {
        1 => 0xfdea_b9ac,
        _ => 0xc261_e85a,
    });
}
