//! The order in which a compound assignment evaluates its two sides.

/// A type whose compound assignments with a `Value` evaluate the value before the place: the built-in ones.
#[diagnostic::on_unimplemented(
    message = "whether the place or the value of this assignment is evaluated first depends on its types",
    label = "for `{Self}` the place is evaluated first, and cannot be kept while the value is awaited",
    note = "await first: `let value = f().await;`, then write the assignment with `value`"
)]
pub trait RightFirst<Value> {}

macro_rules! right_first {
    ($($number:ty)*) => {$(
        impl RightFirst<$number> for $number {}
    )*};
}

right_first!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool);

/// Makes sure that `place += value` may be evaluated from right to left.
pub fn right_first<Place: RightFirst<Value>, Value>(_: &Place, _: &Value) {}
