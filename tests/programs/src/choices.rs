//! Random choices that can be made again, and made smaller.

/// `SplitMix64` (Steele, Lea and Flood, 2014): a few lines, so that a seed means the same for ever.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, or 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.any() % (end.max(1) as u64)).expect("it is below a usize")
    }
}

/// A list of choices that all of a program follows from. The smaller the numbers and the shorter the list, the simpler
/// the program; any list gives one.
#[derive(Debug, Clone)]
pub struct Choices {
    given: Vec<u32>,
    at: usize,
    random: Option<Random>,
}

impl Choices {
    /// Random ones.
    pub fn random(seed: u64) -> Self {
        Choices { given: Vec::new(), at: 0, random: Some(Random::new(seed)) }
    }

    /// Those of a list, zeroes after it.
    pub fn of(given: Vec<u32>) -> Self {
        Choices { given, at: 0, random: None }
    }

    /// The next choice: a number below `end`, 0 being the simplest.
    pub fn below(&mut self, end: usize) -> usize {
        let at = self.at;
        self.at += 1;
        if let Some(random) = &mut self.random {
            let made = random.below(end);
            self.given.push(u32::try_from(made).expect("a choice is among few"));
            return made;
        }
        self.given.get(at).map_or(0, |given| *given as usize % end.max(1))
    }

    /// The choices that were made.
    pub fn made(self) -> Vec<u32> {
        let mut given = self.given;
        given.truncate(self.at);
        given
    }
}

/// Lists that may give a simpler program that still fails: pieces left out, then numbers made smaller.
pub fn simpler(choices: &[u32]) -> Vec<Vec<u32>> {
    let mut simpler = Vec::new();
    let mut size = choices.len();
    while size > 0 {
        for start in (0..choices.len()).step_by(size) {
            let end = (start + size).min(choices.len());
            simpler.push([&choices[..start], &choices[end..]].concat());
            if size < choices.len() && choices[start..end].iter().any(|choice| *choice > 0) {
                let mut zeroed = choices.to_vec();
                zeroed[start..end].fill(0);
                simpler.push(zeroed);
            }
        }
        size /= 2;
    }
    for (at, choice) in choices.iter().enumerate().filter(|(_, choice)| **choice > 1) {
        for less in [choice / 2, choice - 1] {
            let mut smaller = choices.to_vec();
            smaller[at] = less;
            simpler.push(smaller);
        }
    }
    simpler
}

/// Makes a list of choices simpler as long as it `fails`, in at most `tries` tries.
pub fn shrink(mut choices: Vec<u32>, mut tries: usize, mut fails: impl FnMut(&[u32]) -> bool) -> Vec<u32> {
    'simpler: loop {
        for candidate in simpler(&choices) {
            if tries == 0 {
                return choices;
            }
            tries -= 1;
            if candidate != choices && fails(&candidate) {
                choices = candidate;
                continue 'simpler;
            }
        }
        return choices;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_made_as_small_as_it_goes() {
        let fails = |choices: &[u32]| choices.iter().filter(|choice| **choice > 6).count() > 1;
        let mut random = Random::new(7);
        let long: Vec<u32> = (0..200).map(|_| u32::try_from(random.below(20)).unwrap()).collect();
        assert_eq!(shrink(long, 100_000, fails), [7, 7]);
    }

    #[test]
    fn the_same_choices_are_made_again() {
        let mut first = Choices::random(3);
        let chosen: Vec<usize> = (1..50).map(|end| first.below(end)).collect();
        let mut again = Choices::of(first.made());
        assert_eq!(chosen, (1..50).map(|end| again.below(end)).collect::<Vec<_>>());
        assert_eq!(again.below(9), 0, "the simplest after the last");
    }
}
