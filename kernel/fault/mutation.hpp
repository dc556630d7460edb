#pragma once

#include <string>
#include <string_view>

/// A guard taken out for one run of a test, which must notice (tools/mutate.py, ADR 0024). Compiled into dev, asan and tsan builds only (EMP_FAULT_POINTS); SQL
/// in the tree is never touched.
///
/// EMPORION_MUTATE=<guard> takes out a guard of the code, EMP_GUARD. EMPORION_MUTATE_SQL="<place>\n<pattern>\n<replacement>" rewrites one text of SQL on its
/// way to the database; in pattern and replacement `\n` stands for a line feed. The place is a migration ("kernel/0001_messaging.sql",
/// "module/0003_reservation.sql") or the name of a statement.
namespace emporion::fault {

constexpr int mutation_does_not_apply = 90;  ///< The exit code when the pattern is not in the text that was named.

bool is_removed(std::string_view guard) noexcept;
/// `sql`, rewritten if that was ordered for `place`. Ends the process with 90 if the pattern is not there exactly once.
std::string mutated(std::string_view place, std::string_view sql);
/// What was ordered; empty if nothing.
std::string_view mutation() noexcept;

}  // namespace emporion::fault

/// A condition that must hold for what follows to be right: true when its removal was ordered. EMP_GUARD("payment.stripe_signature", matches)
#if EMP_FAULT_POINTS
#define EMP_GUARD(guard, condition) (::emporion::fault::is_removed(guard) || (condition))
#else
#define EMP_GUARD(guard, condition) (condition)
#endif
