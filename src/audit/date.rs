//! A day of the calendar, for expiry alone: no document holds a clock.

use std::fmt;

/// A day, UTC. Later days are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`; nothing else, and no day that does not exist.
    pub fn parse(text: &str) -> Option<Date> {
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return None;
        }
        let date = Date {
            year: text[..4].parse().ok()?,
            month: text[5..7].parse().ok()?,
            day: text[8..].parse().ok()?,
        };
        let exists = (1..=12).contains(&date.month) && (1..=date.last_of_month()).contains(&date.day);
        exists.then_some(date)
    }

    /// The day of a number of seconds since 1970, UTC.
    pub fn from_unix(seconds: u64) -> Date {
        let mut days = seconds / 86_400;
        let mut date = Date { year: 1970, month: 1, day: 1 };
        // At most one turn per year and month: no calendar arithmetic to get wrong.
        loop {
            let length = if date.is_leap() { 366 } else { 365 };
            if days < length || date.year == 9999 {
                break;
            }
            days -= length;
            date.year += 1;
        }
        while days >= u64::from(date.last_of_month()) && date.month < 12 {
            days -= u64::from(date.last_of_month());
            date.month += 1;
        }
        date.day = u8::try_from(days + 1).unwrap_or(31).min(date.last_of_month());
        date
    }

    fn is_leap(self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }

    fn last_of_month(self) -> u8 {
        match self.month {
            2 if self.is_leap() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_read() {
        for good in ["2026-12-31", "2024-02-29", "2000-02-29", "1970-01-01"] {
            assert_eq!(Date::parse(good).unwrap().to_string(), good);
        }
        for bad in
            ["2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "", "2026-04-31"]
        {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
        assert!(Date::parse("2026-01-31") < Date::parse("2026-02-01"));
    }

    #[test]
    fn seconds_become_days() {
        let cases = [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (86_400, "1970-01-02"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (1_735_689_600, "2025-01-01"),
            (u64::MAX, "9999-12-31"),
        ];
        for (seconds, day) in cases {
            assert_eq!(Date::from_unix(seconds).to_string(), day, "{seconds}");
        }
    }
}
