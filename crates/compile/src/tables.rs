//! What explains machine code once it is published: the tables of an [`Artifact`] in the form in which they lie in
//! files, and are looked into in place.
//!
//! ```text
//!  counts │ functions          │ members │ traps: at │ landings       │ inlined         │ transfers         │
//!  7 × u32│ start, len, stream │ u32     │ u32       │ at, pad, frame │ operator, call  │ at, stub, without │
//!         ├────────────────────┴────────┬┴───────────┴────────────────┴─────────────────┴───────────────────┘
//!         │ traps: code │ streams of addresses: distance to the last, code and origin; both of varying length
//!         │ u8          │ one stream for each function
//! ```
//!
//! All numbers are little-endian. Traps are looked for while a stacklet grows, so they can be searched; where code comes
//! from is asked for backtraces only, so that takes little room.

use crate::artifact::{Artifact, FunctionRange, INLINED, Landing};
use bident_abi::TrapCode;
use bytes::Bytes;
use std::ops::Range;

/// Tables of compiled functions. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tables {
    bytes: Bytes,
    places: Places,
}

/// How many there are of each, and bytes of the streams.
#[derive(Clone, Copy, Debug)]
struct Counts {
    functions: usize,
    members: usize,
    traps: usize,
    landings: usize,
    inlined: usize,
    transfers: usize,
    streams: usize,
}

/// Where each lies.
#[derive(Clone, Debug)]
struct Places {
    functions: Range<usize>,
    members: Range<usize>,
    traps: Range<usize>,
    landings: Range<usize>,
    inlined: Range<usize>,
    transfers: Range<usize>,
    codes: Range<usize>,
    streams: Range<usize>,
}

/// Bytes of an entry.
const COUNTS: usize = 7 * WORD;
const FUNCTION: usize = 3 * WORD;
const WORD: usize = 4;
const LANDING: usize = 3 * WORD;
const INLINE: usize = 2 * WORD;
const TRANSFER: usize = 3 * WORD;

/// Marks members that were compiled quickly. No module has as many functions.
const QUICK: u32 = 1 << 31;

/// A jump to a transfer stub, as in [`Artifact::transfers`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Offset in the code of its displacement.
    pub at: u32,
    /// Offset in a `VmStore` of the stub's address.
    pub stub: u32,
    /// The displacement that leads to the piece which looks the address up.
    pub without: u32,
}

impl Counts {
    fn of(artifact: &Artifact, transfers: usize, streams: usize) -> Self {
        Self {
            functions: artifact.functions.len(),
            members: artifact.members.len(),
            traps: artifact.traps.len(),
            landings: artifact.landings.len(),
            inlined: artifact.inlined.len(),
            transfers,
            streams,
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let words = bytes.get(..COUNTS)?.chunks_exact(WORD);
        let mut words = words.map(|word| word_of(word) as usize);
        let mut next = || words.next();
        Some(Self {
            functions: next()?,
            members: next()?,
            traps: next()?,
            landings: next()?,
            inlined: next()?,
            transfers: next()?,
            streams: next()?,
        })
    }

    fn write(self, out: &mut Vec<u8>) {
        let counts = [
            self.functions,
            self.members,
            self.traps,
            self.landings,
            self.inlined,
            self.transfers,
            self.streams,
        ];
        push(out, &counts.map(|count| count as u32));
    }

    fn places(self) -> Places {
        let mut end = COUNTS;
        let mut place = |count: usize, size: usize| {
            let start = end;
            end += count * size;
            start..end
        };
        Places {
            functions: place(self.functions, FUNCTION),
            members: place(self.members, WORD),
            traps: place(self.traps, WORD),
            landings: place(self.landings, LANDING),
            inlined: place(self.inlined, INLINE),
            transfers: place(self.transfers, TRANSFER),
            codes: place(self.traps, 1),
            streams: place(self.streams, 1),
        }
    }
}

impl Tables {
    /// Those of an artifact, which still has its text, as it was compiled.
    pub fn of(artifact: &Artifact) -> Self {
        let transfers = artifact.transfers.iter().map(|&(at, stub)| Transfer {
            at,
            stub,
            without: artifact.text.get(at as usize..).map_or(0, word_of),
        });
        let transfers: Vec<_> = transfers.collect();
        Self::write(artifact, &transfers)
    }

    /// Those of several pieces of code that lie one after the other, each with the offset of its code.
    pub fn join<'a>(pieces: impl IntoIterator<Item = (u32, &'a Self)>) -> Self {
        let (mut all, mut transfers) = (Artifact::default(), Vec::new());
        for (offset, piece) in pieces {
            piece.append_to(&mut all, &mut transfers, offset);
        }
        Self::write(&all, &transfers)
    }

    /// Reads tables; `None` if the bytes are none.
    pub fn read(bytes: Bytes) -> Option<Self> {
        let counts = Counts::read(&bytes)?;
        let places = counts.places();
        let are_all = [0, counts.functions].contains(&counts.members);
        (are_all && places.streams.end == bytes.len()).then_some(Self { bytes, places })
    }

    /// As they lie in files.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    fn write(artifact: &Artifact, transfers: &[Transfer]) -> Self {
        let (starts, streams) = streams(artifact);
        let counts = Counts::of(artifact, transfers.len(), streams.len());
        let places = counts.places();
        let mut out = Vec::with_capacity(places.streams.end);
        counts.write(&mut out);
        for (function, stream) in artifact.functions.iter().zip(starts) {
            push(&mut out, &[function.start, function.len, stream]);
        }
        let quick = if artifact.quick { QUICK } else { 0 };
        let members = artifact.members.iter().map(|&member| member | quick);
        push(&mut out, &members.collect::<Vec<_>>());
        for (at, _) in &artifact.traps {
            push(&mut out, &[*at]);
        }
        for (at, landing) in &artifact.landings {
            push(&mut out, &[*at, landing.pad, landing.frame]);
        }
        for &(operator, call) in &artifact.inlined {
            push(&mut out, &[operator, call]);
        }
        for transfer in transfers {
            push(&mut out, &[transfer.at, transfer.stub, transfer.without]);
        }
        out.extend(artifact.traps.iter().map(|(_, code)| *code as u8));
        out.extend_from_slice(&streams);
        Self {
            bytes: out.into(),
            places,
        }
    }

    /// Appends them to an artifact whose code ends before an offset.
    fn append_to(&self, to: &mut Artifact, transfers: &mut Vec<Transfer>, offset: u32) {
        let before = to.inlined.len() as u32;
        let origin = |from: u32| from + if from < INLINED { 0 } else { before };
        for position in 0..self.len() {
            let FunctionRange { start, len } = self.function(position);
            let start = start + offset;
            to.functions.push(FunctionRange { start, len });
            to.members.push(self.member(position));
            let addresses = self.addresses(position);
            to.addresses
                .extend(addresses.map(|(at, from)| (at + offset, origin(from))));
        }
        let traps = self.list(&self.places.traps, WORD).map(word_of);
        let codes = self.list(&self.places.codes, 1);
        let codes = codes.map(|code| TrapCode::from_u8(code[0]).unwrap_or(TrapCode::Unreachable));
        to.traps.extend(traps.map(|at| at + offset).zip(codes));
        let landings = self.list(&self.places.landings, LANDING).map(words);
        to.landings.extend(landings.map(|[at, pad, frame]| {
            let pad = pad + offset;
            (at + offset, Landing { pad, frame })
        }));
        let inlined = self.list(&self.places.inlined, INLINE).map(words);
        to.inlined
            .extend(inlined.map(|[operator, call]| (operator, origin(call))));
        transfers.extend(self.transfers().map(|transfer| Transfer {
            at: transfer.at + offset,
            ..transfer
        }));
    }

    fn list(&self, place: &Range<usize>, size: usize) -> std::slice::ChunksExact<'_, u8> {
        self.bytes[place.clone()].chunks_exact(size)
    }

    /// An entry of a list, by its position.
    fn entry<const N: usize>(&self, place: &Range<usize>, position: usize) -> [u32; N] {
        words(&self.bytes[place.clone()][position * N * WORD..])
    }

    /// How many functions there are.
    pub fn len(&self) -> usize {
        self.places.functions.len() / FUNCTION
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the code of a function lies.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn function(&self, position: usize) -> FunctionRange {
        let [start, len, _] = self.entry(&self.places.functions, position);
        FunctionRange { start, len }
    }

    /// The function at a position: its position among the defined ones.
    pub fn defined(&self, position: usize) -> usize {
        (self.member(position) & !QUICK) as usize
    }

    /// Whether the function at a position was compiled quickly.
    pub fn is_quick(&self, position: usize) -> bool {
        self.member(position) & QUICK != 0
    }

    fn member(&self, position: usize) -> u32 {
        match self.places.members.is_empty() {
            true => position as u32,
            false => self.entry::<1>(&self.places.members, position)[0],
        }
    }

    /// Jumps to transfer stubs.
    pub fn transfers(&self) -> impl ExactSizeIterator<Item = Transfer> + '_ {
        let transfers = self.list(&self.places.transfers, TRANSFER).map(words);
        transfers.map(|[at, stub, without]| Transfer { at, stub, without })
    }

    /// The function that the code at `offset` belongs to: its position.
    pub fn function_at(&self, offset: u32) -> Option<usize> {
        let next = partition(self.len(), |i| self.function(i).start <= offset);
        let position = next.checked_sub(1)?;
        let FunctionRange { start, len } = self.function(position);
        (offset - start < len).then_some(position)
    }

    /// Why the instruction at exactly `offset` traps; `None` if it cannot.
    pub fn trap_at(&self, offset: u32) -> Option<TrapCode> {
        let traps = &self.places.traps;
        let at = |i| self.entry::<1>(traps, i)[0];
        let count = traps.len() / WORD;
        let found = partition(count, |i| at(i) < offset);
        let is_there = found < count && at(found) == offset;
        is_there.then(|| TrapCode::from_u8(self.bytes[self.places.codes.start + found]))?
    }

    /// Where an exception lands that comes out of the call which returns to exactly `offset`; `None`
    /// if it leaves the function.
    pub fn landing_at(&self, offset: u32) -> Option<Landing> {
        let landings = &self.places.landings;
        let entry = |i| self.entry::<3>(landings, i);
        let count = landings.len() / LANDING;
        let found = partition(count, |i| entry(i)[0] < offset);
        let [at, pad, frame] = (found < count).then(|| entry(found))?;
        (at == offset).then_some(Landing { pad, frame })
    }

    /// Positions in the binary of the operator that the code at `offset` belongs to, and of the calls
    /// that were replaced by the code around it, innermost first.
    pub fn addresses_at(&self, offset: u32) -> impl Iterator<Item = u32> + '_ {
        let addresses = self.function_at(offset).map(|i| self.addresses(i));
        let known = addresses.into_iter().flatten();
        let mut origin = known
            .take_while(|(at, _)| *at <= offset)
            .last()
            .map(|(_, from)| from);
        let inlined = self.places.inlined.len() / INLINE;
        std::iter::from_fn(move || {
            let here = origin.take()?;
            let Some(i) = here.checked_sub(INLINED) else {
                return Some(here);
            };
            let known = (i as usize) < inlined;
            let [position, call] = known.then(|| self.entry(&self.places.inlined, i as usize))?;
            // Calls lie outside what they were replaced by, and were noted before.
            origin = Some(call).filter(|call| *call < here);
            Some(position)
        })
    }

    /// Where the code of a function comes from: offsets and origins, as in [`Artifact::addresses`].
    fn addresses(&self, position: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let [start, len, stream] = self.entry(&self.places.functions, position);
        let streams = &self.bytes[self.places.streams.clone()];
        let mut stream = streams.get(stream as usize..).unwrap_or_default();
        let mut left = take(&mut stream).unwrap_or(0);
        let (mut at, mut origin) = (start, 0u32);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            at = at.wrapping_add(take(&mut stream)?);
            origin = origin.wrapping_add(unfold(take(&mut stream)?));
            Some((at, origin))
        })
        .take_while(move |(at, _)| at.wrapping_sub(start) < len.max(1))
    }
}

/// The addresses of each function: where its stream begins, and all streams.
fn streams(artifact: &Artifact) -> (Vec<u32>, Vec<u8>) {
    let mut starts = Vec::with_capacity(artifact.functions.len());
    let mut out = Vec::with_capacity(artifact.addresses.len() * 3);
    let mut rest = &artifact.addresses[..];
    for FunctionRange { start, len } in &artifact.functions {
        starts.push(out.len() as u32);
        let end = rest.partition_point(|(at, _)| *at < start + len);
        let (own, others) = rest.split_at(end);
        rest = others;
        put(&mut out, own.len() as u32);
        let (mut last, mut before) = (*start, 0u32);
        for &(at, origin) in own {
            put(&mut out, at - last);
            put(&mut out, fold(origin.wrapping_sub(before)));
            (last, before) = (at, origin);
        }
    }
    (starts, out)
}

/// How many of the first positions have a property that no later one has.
fn partition(count: usize, has: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = from + (to - from) / 2;
        match has(middle) {
            true => from = middle + 1,
            false => to = middle,
        }
    }
    from
}

fn push(out: &mut Vec<u8>, words: &[u32]) {
    out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}

/// The first word of some bytes; 0 if there is none.
fn word_of(bytes: &[u8]) -> u32 {
    let word = bytes.first_chunk();
    word.map_or(0, |word| u32::from_le_bytes(*word))
}

/// The first words of some bytes.
fn words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    std::array::from_fn(|i| word_of(&bytes[i * WORD..]))
}

/// Small distances in both directions as small numbers.
fn fold(distance: u32) -> u32 {
    let sign = (distance.cast_signed() >> 31).cast_unsigned();
    (distance << 1) ^ sign
}

/// Reverse of [`fold`].
fn unfold(folded: u32) -> u32 {
    (folded >> 1) ^ (folded & 1).wrapping_neg()
}

/// Writes a number, seven bits a byte.
fn put(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads what [`put`] wrote; `None` if there is nothing of the kind.
fn take(bytes: &mut &[u8]) -> Option<u32> {
    let (mut number, mut shift) = (0u32, 0);
    loop {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive() {
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, INLINED, u32::MAX];
        for number in numbers {
            assert_eq!(unfold(fold(number)), number);
            let mut out = Vec::new();
            put(&mut out, number);
            let mut rest = &out[..];
            assert_eq!((take(&mut rest), rest.len()), (Some(number), 0));
        }
        assert_eq!(fold(1), 2);
        assert_eq!(fold(1u32.wrapping_neg()), 1);
        assert_eq!(take(&mut &[0xff; 4][..]), None);
        assert_eq!(take(&mut &[0xff; 9][..]), None);
    }

    fn artifact() -> Artifact {
        let landing = Landing { pad: 7, frame: 64 };
        Artifact {
            text: vec![9; 40],
            members: vec![5, 2],
            functions: vec![
                FunctionRange { start: 0, len: 10 },
                FunctionRange { start: 16, len: 20 },
            ],
            traps: vec![
                (3, TrapCode::Unreachable),
                (20, TrapCode::MemoryOutOfBounds),
            ],
            addresses: vec![(0, 1000), (4, INLINED), (16, 90), (30, INLINED + 1)],
            inlined: vec![(500, 1004), (510, INLINED)],
            transfers: vec![(18, 8)],
            landings: vec![(5, landing)],
            ..Artifact::default()
        }
    }

    fn check(tables: &Tables, offset: u32, positions: [usize; 2]) {
        let at = |at: u32| at + offset;
        assert_eq!(tables.function_at(at(9)), Some(positions[0]));
        assert_eq!(tables.function_at(at(10)), None);
        assert_eq!(tables.function_at(at(35)), Some(positions[1]));
        assert_eq!(positions.map(|position| tables.defined(position)), [5, 2]);
        assert_eq!(tables.trap_at(at(3)), Some(TrapCode::Unreachable));
        assert_eq!(tables.trap_at(at(4)), None);
        assert_eq!(tables.trap_at(at(20)), Some(TrapCode::MemoryOutOfBounds));
        let landing = tables.landing_at(at(5)).unwrap();
        assert_eq!((landing.pad, landing.frame), (at(7), 64));
        assert_eq!(tables.landing_at(at(6)), None);
        let addresses = |offset| tables.addresses_at(at(offset)).collect::<Vec<_>>();
        assert_eq!(addresses(3), [1000]);
        assert_eq!(addresses(9), [500, 1004]);
        assert_eq!(addresses(12), []);
        assert_eq!(addresses(16), [90]);
        assert_eq!(addresses(35), [510, 500, 1004]);
        let without = u32::from_le_bytes([9; 4]);
        let transfer = Transfer {
            at: at(18),
            stub: 8,
            without,
        };
        assert!(tables.transfers().any(|found| found == transfer));
    }

    #[test]
    fn tables_say_what_the_artifact_says() {
        let tables = Tables::of(&artifact());
        check(&tables, 0, [0, 1]);
        check(&Tables::read(tables.bytes().clone()).unwrap(), 0, [0, 1]);
        for length in 0..tables.bytes().len() {
            assert!(Tables::read(tables.bytes().slice(..length)).is_none());
        }
    }

    #[test]
    fn pieces_are_joined() {
        let tables = Tables::of(&artifact());
        let joined = Tables::join([(64, &tables), (128, &tables)]);
        check(&joined, 64, [0, 1]);
        check(&joined, 128, [2, 3]);
        assert_eq!(joined.len(), 4);
        assert_eq!(joined.transfers().len(), 2);
    }
}
