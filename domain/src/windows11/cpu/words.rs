//! The words of a processor's name, without what differs between tools that report the same processor.

/// Signs of trademarks, which some tools write and some do not, folded.
const TRADEMARKS: [&str; 6] = ["(r)", "(tm)", "(c)", "®", "™", "©"];

/// Words that say nothing of the model, and that stand between words that do. `pro` is among them: the lists treat PRO
/// models as the others of their number.
const NOISE: [&str; 4] = ["cpu", "processor", "processors", "pro"];

/// A processor's name, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Letters, digits and plus signs, folded; clock rates, trademarks and noise left out.
    pub(super) words: Vec<String>,
    /// The generation of `12th Gen Intel Core i5`.
    pub(super) generation: Option<u32>,
}

impl Name {
    pub(super) fn read(name: &str) -> Self {
        let plain = TRADEMARKS.iter().fold(name.to_lowercase(), |name, sign| name.replace(sign, " "));
        let folded = crate::text::fold(&plain.replace(char::is_control, " "));
        let before_the_clock = folded.split('@').next().unwrap_or_default();
        let kept = before_the_clock.split_whitespace().filter(|word| !is_clock_rate(word));
        let words = kept.flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric() && letter != '+'));
        let words = words.filter(|word| !word.is_empty() && !NOISE.contains(word)).map(str::to_owned);
        Self::without_generation(words.collect())
    }

    fn without_generation(mut words: Vec<String>) -> Self {
        let at = words.windows(2).position(|pair| ordinal(&pair[0]).is_some() && is_generation(&pair[1]));
        let generation = at.and_then(|at| words.drain(at..at + 2).next()).and_then(|word| ordinal(&word));
        Self { words, generation }
    }

    /// The words behind the first place where these stand one after the other.
    pub(super) fn behind(&self, mark: &[&str]) -> Option<&[String]> {
        let at = self.words.windows(mark.len()).position(|found| found == mark)?;
        self.words.get(at + mark.len()..)
    }
}

fn is_clock_rate(word: &str) -> bool {
    word.ends_with("ghz") || word.ends_with("mhz") || (word.contains('.') && word.parse::<f64>().is_ok())
}

fn ordinal(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending))?;
    digits.parse().ok()
}

fn is_generation(word: &str) -> bool {
    word == "gen" || word == "generation"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_differently_is_left_out() {
        for (name, words, generation) in [
            ("Intel(R) Core(TM) i7-8650U CPU @ 1.90GHz", "intel core i7 8650u", None),
            ("Intel® Core™ i7-8650U  Processor 1.90 GHz", "intel core i7 8650u", None),
            ("12th Gen Intel(R) Core(TM) i5-12500", "intel core i5 12500", Some(12)),
            ("AMD FX(tm)-8350 Eight-Core Processor", "amd fx 8350 eight core", None),
            ("Intel(R) Core(TM)2 Duo CPU     E8400  @ 3.00GHz", "intel core 2 duo e8400", None),
            ("Snapdragon (TM) 7c+ Gen 3 @ 2.40 GHz", "snapdragon 7c+ gen 3", None),
            (" \t", "", None),
        ] {
            let read = Name::read(name);
            assert_eq!((read.words.join(" ").as_str(), read.generation), (words, generation), "{name}");
        }
    }
}
