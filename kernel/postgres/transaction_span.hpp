#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernel/postgres/database.hpp"
#include "kernel/trace/span.hpp"

namespace emporion::postgres {

/// The span of one transaction, below each traced command that it serves: "commit order", "rollback order" or, where nothing is written, "read order". It names
/// the statements and holds none of their values. One that writes is asked for its number in the same round trip: the same number marks the spans of all that
/// shared it, and leads from its events back to it (trace::commit_span_id). One branch where nothing is traced.
class TransactionSpan {
 public:
  /// `module` is that of the database, which outlives its transactions.
  explicit TransactionSpan(const std::string& module) {
    if (trace::is_traced()) [[unlikely]]
      begin(module);
  }
  TransactionSpan(const TransactionSpan&) = delete;
  TransactionSpan& operator=(const TransactionSpan&) = delete;
  ~TransactionSpan() {
    if (traced_ != nullptr) [[unlikely]]
      drop();
  }

  /// What is about to be sent; a statement of our own may join it.
  void before(std::vector<Bound>& bounds) {
    if (traced_ != nullptr) [[unlikely]]
      note(bounds);
  }
  /// The answers to it; those of our own statement leave them.
  void after(Result<std::vector<Rows>>& answers) {
    if (traced_ != nullptr) [[unlikely]]
      take_number(answers);
  }
  void committed(const Error* error) {
    if (traced_ != nullptr) [[unlikely]]
      end(false, error);
  }
  void rolled_back() {
    if (traced_ != nullptr) [[unlikely]]
      end(true, nullptr);
  }

 private:
  struct Traced;
  void begin(const std::string& module);
  void note(std::vector<Bound>& bounds);
  void take_number(Result<std::vector<Rows>>& answers);
  void end(bool rolled_back, const Error* error);
  void drop() noexcept;

  Traced* traced_ = nullptr;  ///< Owned.
};

}  // namespace emporion::postgres
