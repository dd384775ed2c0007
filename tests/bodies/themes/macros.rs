// Awaits, and ways out, in the arguments of macros.

bodies! {
    Macros { macros_evaluate_their_arguments_in_order(3); }
    MacrosThatTest {
        macros_that_test_evaluate_the_test(3);
        a_macro_can_return_early(9);
        a_question_mark_in_a_macro_returns(51);
    }
    MoreMacros { macros_take_named_and_positional_arguments(3); }
}

#[workflow]
impl Macros {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        use std::fmt::Write;
        let name = "caption";
        let width = 5;
        let text = format!("{} {name} {:>width$} {last}", num(n).await?, num(1).await?, last = num(2).await?);
        println!("{}", num(3).await?);
        let list = vec![num(4).await?, self.note("between"), num(5).await?];
        let many = vec![num(6).await?; num(0).await? as usize + 2];
        let mut out = String::new();
        write!(out, "{} {}", num(7).await?, n)?;
        writeln!(&mut out, "{}", num(8).await?)?;
        let matches = matches!(maybe(1).await?, Some(x) if x < n);
        let nested = format!("{}", format!("{}", num(9).await?));
        Ok(format!("{text} {list:?} {many:?} {out} {matches} {nested} {{}} {0} {0:?}", num(10).await?))
    }
}

#[workflow]
impl MacrosThatTest {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        assert!(flag(1).await?, "with {n} and {}", self.count);
        assert_eq!(num(1).await?, 10);
        assert_ne!(num(n).await?, num(n + 1).await?, "they differ");
        let value = match n {
            0 => unreachable!("not {}", num(1).await?),
            1 => panic!("not {}", num(2).await?),
            _ => num(3).await?,
        };
        let list = vec![self.check_it(n)?, match n { 9 => return Ok("nine".to_owned()), n => n }];
        Ok(format!("{value} {list:?}"))
    }

    fn check_it(&mut self, n: u32) -> Result<u32, Failure> {
        if n > 50 { Err(Failure::msg("too much")) } else { Ok(n) }
    }
}

#[workflow]
impl MoreMacros {
    #[run]
    pub async fn run(&mut self, _ctx: &Context, n: u32) -> Result<String, Failure> {
        use std::fmt::Write as _;
        let width = 4usize;
        let a = format!("{0:>1$} {0} {name} {x:.2}", num(1).await?, num(0).await? as usize + 5, name = text("n".to_owned()).await?, x = f64::from(num(1).await?));
        let b = format!("{:width$} {:>w$}|{:?}", num(2).await?, self.note("mid"), maybe(1).await?, w = width + 1);
        let mut out = String::new();
        write!(out, "{}", num(1).await?).unwrap();
        write!(&mut out, "{n}{}", text("t".to_owned()).await?)?;
        writeln!(out)?;
        writeln!(out, "{}", if flag(1).await? { num(2).await? } else { 0 })?;
        assert!(num(1).await? == 10);
        assert_eq!(list(2).await?, vec![1, num(0).await? + 2]);
        assert_eq!(num(1).await?, 10, "with {}", n);
        debug_assert_ne!(n, 99);
        let c = matches!(check(n).await, Ok(x) if x > 1);
        let d = matches!(num(1).await?, 1..=10 | 20);
        let e = vec![vec![num(1).await?], vec![2; num(0).await? as usize + 1], vec![]];
        let f = Some(format!("{}{}", vec![num(1).await?].len(), format_args!("{}", n)));
        let g = std::format!("{}", std::vec![num(1).await?][0]);
        eprintln!("{}", num(1).await?);
        print!("");
        let h = concat!("a", "b").len() as u32 + num(1).await?;
        let i = [format!("{}", num(1).await?), format!("{n}")].concat();
        Ok(format!("{a} {b} {out} {c} {d} {e:?} {f:?} {g} {h} {i}"))
    }
}
