#pragma once

namespace emporion::location {

/// The letter that `base` with the combining `mark` is, or 0 if Unicode has none among the Latin letters.
char32_t composed(char32_t base, char32_t mark);
/// The mark that was put on last (ế: the acute), or 0; and the letter without it (ê).
char32_t last_mark(char32_t letter);
char32_t without_last_mark(char32_t letter);
/// Without all its marks: ế → e, Ầ → A. Any other character is itself.
char32_t base_letter(char32_t letter);

}  // namespace emporion::location
