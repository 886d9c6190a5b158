//! Runtime functions of structures and arrays.

use super::object::Object;
use crate::slots::InstanceNumber;
use crate::vm::builtins::{Body, ELEMENTS, Stop, builtin, range};
use crate::vm::store::StoreOpaque;
use bident_abi::{Builtin, TrapCode, VmValue, goes_from_start, unpack_pair};
use bident_module::{DataIndex, ElemIndex, Slot, TypeIndex};
use std::ops::Range;

builtin!(StructNew, |store, instance, [ty, ..]| {
    Ok(store.new_struct(instance, TypeIndex(ty as u32))?.0)
});

builtin!(ArrayNew, |store, instance, [ty, length, ..]| {
    let ty = TypeIndex(ty as u32);
    Ok(store.new_array(instance, ty, length as u32, 0)?.0)
});

builtin!(ArrayNewWith, |store, instance, [ty, length, value, _]| {
    let (ty, length) = (TypeIndex(ty as u32), length as u32);
    let (word, array, slot) = store.new_array(instance, ty, length, value)?;
    let value = store.element(slot, value);
    if (value.low, value.high) != (0, 0) {
        array.fill(slot, 0..length, value);
    }
    Ok(word)
});

builtin!(
    ArrayNewData,
    |store, instance, [ty, data, source, length]| {
        let (ty, data) = (TypeIndex(ty as u32), DataIndex(data as u32));
        let size = store.size_of_element(instance, ty);
        // Whether that part is there comes first: the array may be too large.
        store.data_part(instance, data, source, length * u64::from(size))?;
        let (word, array, slot) = store.new_array(instance, ty, length as u32, 0)?;
        let bytes = store.data_part(instance, data, source, length * u64::from(size))?;
        array.write_bytes(slot, 0, bytes);
        Ok(word)
    }
);

builtin!(
    ArrayNewElem,
    |store, instance, [ty, elem, source, length]| {
        let (ty, elem) = (TypeIndex(ty as u32), ElemIndex(elem as u32));
        store.elem_part(instance, elem, source, length)?;
        let (word, array, slot) = store.new_array(instance, ty, length as u32, 0)?;
        let words = store.elem_part(instance, elem, source, length)?;
        write_words(array, slot, 0, words);
        Ok(word)
    }
);

builtin!(
    ArrayFill,
    |store, _instance, [array, start, value, length]| {
        let array = store.array(array)?;
        let part = part(array, start as u32, length)?;
        let value = store.element(array.slot(), value);
        let part = part.start as usize..part.end as usize;
        Ok(store.in_parts(part, ELEMENTS, true, |_, part| {
            let part = part.start as u32..part.end as u32;
            array.fill(array.slot(), part, value);
        }))
    }
);

builtin!(
    ArrayCopy,
    |store, _instance, [target, source, starts, length]| {
        let (to, from) = (store.array(target)?, store.array(source)?);
        let (to_start, from_start) = unpack_pair(starts);
        let target = part(to, to_start, length)?;
        let source = part(from, from_start, length)?;
        let forward = goes_from_start(to_start.into(), from_start.into());
        let all = 0..target.len();
        Ok(store.in_parts(all, ELEMENTS, forward, |_, part| {
            let (at, length) = (part.start as u32, part.len() as u32);
            to.copy(
                to.slot(),
                target.start + at,
                from,
                source.start + at,
                length,
            );
        }))
    }
);

builtin!(
    ArrayInitData,
    |store, instance, [array, start_and_data, source, length]| {
        let array = store.array(array)?;
        let (start, data) = unpack_pair(start_and_data);
        let (part, slot) = (part(array, start, length)?, array.slot());
        let length = length * u64::from(slot.size());
        let bytes = store.data_part(instance, DataIndex(data), source, length)?;
        array.write_bytes(slot, part.start, bytes);
        Ok(0)
    }
);

builtin!(
    ArrayInitElem,
    |store, instance, [array, start_and_elem, source, length]| {
        let array = store.array(array)?;
        let (start, elem) = unpack_pair(start_and_elem);
        let part = part(array, start, length)?;
        let words = store.elem_part(instance, ElemIndex(elem), source, length)?;
        write_words(array, array.slot(), part.start, words);
        Ok(0)
    }
);

builtin!(AnyConvertExtern, |store, _instance, [word, ..]| {
    Ok(store.any_of_extern(word)?)
});

/// Elements of an array from a position on, as many as there are to be.
fn part(array: Object, start: u32, length: u64) -> Result<Range<u32>, TrapCode> {
    let all = array.length() as usize;
    let part = range(start.into(), length, all).ok_or(TrapCode::ArrayOutOfBounds)?;
    Ok(part.start as u32..part.end as u32)
}

fn write_words(array: Object, slot: Slot, start: u32, words: &[u64]) {
    for (i, word) in (start..).zip(words) {
        array.write(Object::element(slot, i), slot, *word);
    }
}

impl StoreOpaque {
    /// The value of an element, of which there is a word: the whole of a vector is in the transfer buffer.
    fn element(&self, slot: Slot, word: u64) -> VmValue {
        match slot {
            Slot::Bits(16) => {
                let [low, high] = self.vm.chains.wide_value(0);
                VmValue { low, high }
            }
            _ => word.into(),
        }
    }

    /// The array of a reference, which is not null.
    fn array(&self, reference: u64) -> Result<Object, TrapCode> {
        self.object(reference).ok_or(TrapCode::NullArrayReference)
    }

    fn size_of_element(&self, instance: InstanceNumber, ty: TypeIndex) -> u32 {
        let module = self.instances[instance].module.inner();
        match module.layout_at(ty) {
            bident_module::ObjectLayout::Array(slot) => slot.size(),
            bident_module::ObjectLayout::Struct { .. } => {
                unreachable!("the validator lets only arrays be named")
            }
        }
    }

    /// A part of a data segment.
    fn data_part(
        &self,
        instance: InstanceNumber,
        data: DataIndex,
        source: u64,
        length: u64,
    ) -> Result<&[u8], TrapCode> {
        let instance = &self.instances[instance];
        let bytes = match instance.dropped_data[data] {
            true => &[],
            false => instance.module.inner().data_bytes(data),
        };
        let part = range(source, length, bytes.len()).ok_or(TrapCode::MemoryOutOfBounds)?;
        Ok(&bytes[part])
    }

    /// A part of an element segment.
    fn elem_part(
        &self,
        instance: InstanceNumber,
        elem: ElemIndex,
        source: u64,
        length: u64,
    ) -> Result<&[u64], TrapCode> {
        let words = &self.instances[instance].elems[elem];
        let part = range(source, length, words.len()).ok_or(TrapCode::TableOutOfBounds)?;
        Ok(&words[part])
    }
}
