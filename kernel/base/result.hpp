#pragma once

#include <expected>
#include <string>
#include <utility>

#include "kernel/base/error.hpp"

namespace emporion {

/// A value, or the reason why there is none.
template <typename T = void>
using Result = std::expected<T, Error>;

/// Short form to leave a function with a refusal: `return fail(ErrorKind::not_found, "ORDER_NOT_FOUND", text("order ", id));`
inline std::unexpected<Error> fail(ErrorKind kind, std::string reason, std::string detail = {}) {
  return std::unexpected<Error>(Error(kind, std::move(reason), std::move(detail)));
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace emporion

#define EMP_CONCAT_(a, b) a##b
#define EMP_CONCAT(a, b) EMP_CONCAT_(a, b)

/// `EMP_TRY(expression)`: in a plain function, leaves with the error if there is one.
#define EMP_TRY(expression)                                                                                    \
  do {                                                                                                         \
    if (auto emp_result_ = (expression); !emp_result_) return std::unexpected(std::move(emp_result_).error()); \
  } while (false)

/// `EMP_ASSIGN(auto value, expression)`: in a plain function, declares `value`, or leaves with the error.
#define EMP_ASSIGN(declaration, ...) EMP_ASSIGN_(EMP_CONCAT(emp_result_, __LINE__), declaration, return, __VA_ARGS__)
/// The same two in a coroutine.
#define EMP_CO_TRY(expression)                                                                                    \
  do {                                                                                                            \
    if (auto emp_result_ = (expression); !emp_result_) co_return std::unexpected(std::move(emp_result_).error()); \
  } while (false)
#define EMP_CO_ASSIGN(declaration, ...) EMP_ASSIGN_(EMP_CONCAT(emp_result_, __LINE__), declaration, co_return, __VA_ARGS__)
#define EMP_ASSIGN_(name, declaration, leave, ...)           \
  auto name = (__VA_ARGS__);                                 \
  if (!name) leave std::unexpected(std::move(name).error()); \
  declaration = std::move(*name)
