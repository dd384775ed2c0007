//! The test kit: does it let good workflows through, and catch bad ones?

mod bad;
mod good;
mod virtual_time;
