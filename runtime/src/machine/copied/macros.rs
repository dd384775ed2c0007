//! What generated code writes where a place is read before an await.

/// What is kept of the receiver of a method.
#[doc(hidden)]
#[macro_export]
macro_rules! __receiver {
    ($place:expr) => {{
        #[allow(unused_imports)]
        use $crate::machine::copied::{
            IfBorrow as _, IfBorrowMut as _, IfBoxed as _, IfCopy as _, IfNot as _, IfShown as _,
            IfShownMut as _,
        };
        match &$place {
            __place => (&&&&&&$crate::machine::copied::type_of(__place)).how().keep(__place),
        }
    }};
}

/// What is kept of the left side of a comparison.
#[doc(hidden)]
#[macro_export]
macro_rules! __compared {
    ($place:expr) => {{
        #[allow(unused_imports)]
        use $crate::machine::copied::{IfBorrow as _, IfBorrowMut as _, IfCopy as _, IfNot as _};
        match &$place {
            __place => (&&&&&$crate::machine::copied::type_of(__place)).how().keep(__place),
        }
    }};
}

/// The left side of a comparison, as it was.
#[doc(hidden)]
#[macro_export]
macro_rules! __as_it_was {
    ($kept:ident, $place:expr) => {
        *match $kept.value() {
            ::core::option::Option::Some(__copy) => __copy,
            ::core::option::Option::None => &$place,
        }
    };
}

/// What is kept of the receiver of a method, where that is a variable that is made again.
#[doc(hidden)]
#[macro_export]
macro_rules! __shown {
    ($borrow:expr) => {{
        #[allow(unused_imports)]
        use $crate::machine::copied::{IfNot as _, IfShown as _, IfShownMut as _};
        match &$borrow {
            __place => (&&&&&&$crate::machine::copied::type_of(__place)).how().keep(__place),
        }
    }};
}

/// What a method is called on.
#[doc(hidden)]
#[macro_export]
macro_rules! __watched {
    ($kept:ident, $asked:ident, $place:expr) => {
        $kept.watched(
            &$asked,
            if true {
                $crate::machine::copied::TypeOf::any()
            } else {
                $crate::machine::copied::type_of(&$place)
            },
        )
    };
}

/// A call on the place, if it is asked for, and on the copy else.
#[doc(hidden)]
#[macro_export]
macro_rules! __called {
    ($asked:ident, $on_place:expr, $on_copy:expr) => {
        loop {
            if $asked.for_the_place() {
                break $on_place;
            }
            break $on_copy;
        }
    };
}

/// Makes sure that a place is lent to a method.
#[doc(hidden)]
#[macro_export]
macro_rules! __lent {
    ($place:expr) => {
        if false {
            #[allow(unused_imports)]
            use $crate::machine::copied::{IfCopied as _, IfLent as _, IfReference as _};
            (&&&$crate::machine::copied::type_of(&$place)).is_changed();
        }
    };
}

pub use {
    __as_it_was as as_it_was, __called as called, __compared as compared, __lent as lent,
    __receiver as receiver, __shown as shown, __watched as watched,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy)]
    struct Pair(u32, u32);

    impl Pair {
        fn sum(self, more: u32) -> u32 {
            self.0 + self.1 + more
        }
        #[allow(clippy::trivially_copy_pass_by_ref)] // It is to borrow.
        fn first(&self, more: u32) -> u32 {
            self.0 + more
        }
        fn grow(&mut self, by: u32) -> &mut u32 {
            self.0 += by;
            &mut self.0
        }
    }

    /// Calls a method on a place that is set to another value meanwhile. What it gives may borrow of these variables, as in a
    /// machine's arm.
    macro_rules! meanwhile {
        ($result:ident = $place:expr, $set:expr, $method:ident($argument:expr)) => {
            #[allow(unused_mut)]
            let mut kept = receiver!($place);
            let () = $set;
            let asked = kept.asked();
            #[allow(unused_mut)]
            let mut on;
            let $result = called!(asked, $place.$method($argument), {
                on = watched!(kept, asked, $place);
                (*on).$method(
                    (
                        if asked.for_the_place() {
                            continue;
                        },
                        $argument,
                    )
                        .1,
                )
            });
        };
        ($place:expr, $set:expr, $method:ident($argument:expr)) => {{
            meanwhile!(result = $place, $set, $method($argument));
            result
        }};
    }

    #[test]
    fn what_a_method_takes_by_value_was_copied_before() {
        let mut count = 5_u32;
        assert_eq!(meanwhile!(count, count = 100, max(7)), 7);
        assert_eq!(meanwhile!(count, count = 5, wrapping_add(7)), 107);
        let mut boxed = Box::new(5_u32);
        assert_eq!(meanwhile!(boxed, *boxed = 100, wrapping_add(7)), 12);
        let mut pair = Pair(1, 2);
        assert_eq!(meanwhile!(pair, pair = Pair(10, 20), sum(3)), 6);
        assert_eq!(meanwhile!(pair, pair = Pair(1, 2), first(3)), 13);
    }

    #[test]
    fn what_a_method_changes_is_the_place() {
        let mut pair = Pair(1, 2);
        meanwhile!(grown = pair, pair = Pair(10, 20), grow(3));
        *grown += 1;
        assert_eq!((pair.0, pair.1), (14, 20));
        let mut option = Some(1);
        assert_eq!(meanwhile!(option, option = Some(2), replace(3)), Some(2));
        assert_eq!(option, Some(3));
        let mut list = vec![1];
        meanwhile!(list, list = vec![2], push(3));
        assert_eq!(list, [2, 3]);
        let mut word = String::from("a");
        meanwhile!(word, word = String::from("b"), push_str(&1.to_string()));
        assert_eq!(word, "b1");
    }

    #[test]
    fn what_is_no_copy_can_be_moved() {
        let word = Some(String::from("a"));
        assert_eq!(meanwhile!(word, (), unwrap_or("b".to_owned())), "a");
        let items = [1, 2];
        assert_eq!(meanwhile!(items.iter(), (), chain(&[3])).sum::<i32>(), 6);
    }

    #[test]
    fn what_a_borrow_shows_is_copied_too() {
        let (before, after) = (5_u32, 100);
        let mut shown = &before;
        assert_eq!(meanwhile!(shown, shown = &after, wrapping_add(7)), 12);
        assert_eq!(*shown, 100);
        let (mut before, mut after) = (Pair(1, 2), Pair(10, 20));
        let mut lent = &mut before;
        assert_eq!(meanwhile!(lent, lent = &mut after, sum(3)), 6);
        meanwhile!(grown = lent, (), grow(3));
        *grown += 1;
        assert_eq!(after.0, 14);
    }

    #[test]
    fn a_number_is_compared_as_it_was_and_a_text_as_it_is() {
        let mut count = 5_u32;
        let kept = compared!(count);
        count = 100;
        assert!(as_it_was!(kept, count) < 7);
        assert_eq!(count, 100);
        let mut word = String::from("a");
        let kept = compared!(word[..]);
        word.push('b');
        assert!(as_it_was!(kept, word[..]) == *"ab");
    }
}
