// Awaits, and ways out, in the arguments of macros.

bodies! {
    Macros { macros_evaluate_their_arguments_in_order(3); }
    MacrosThatTest {
        macros_that_test_evaluate_the_test(3);
        a_macro_can_return_early(9);
        a_question_mark_in_a_macro_returns(51);
    }
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
