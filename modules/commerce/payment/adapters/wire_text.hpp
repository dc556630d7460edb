#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/base/error.hpp"
#include "kernel/base/uuid.hpp"
#include "kernel/json/value.hpp"

/// What several providers' wire contracts need.
namespace emporion::payment {

/// The member of that name if it has that type.
std::optional<std::string> string_at(json::Value value, std::string_view name);
std::optional<std::int64_t> integer_at(json::Value value, std::string_view name);
std::optional<json::Value> object_at(json::Value value, std::string_view name);
/// The first element of the list of that name.
std::optional<json::Value> first_at(json::Value value, std::string_view name);

/// All of `text` as a decimal number.
std::optional<std::int64_t> whole_number(std::string_view text);
/// application/x-www-form-urlencoded, a blank as `+`: letters, digits and `*-_.` stay. Source: https://url.spec.whatwg.org/#urlencoded-serializing
std::string form_encoded(std::string_view text);
/// Percent-encoding: letters, digits and `-_.~` stay. Source: RFC 3986 §2.3.
std::string percent_encoded(std::string_view text);

/// 26 characters of A-Z and 2-7: for providers whose references allow no hyphens. Source: RFC 4648 §6, without padding.
std::string base32_of(const Uuid& id);
std::optional<Uuid> uuid_of_base32(std::string_view text);

/// {"type":"redirect","url":…}
std::string redirect_action(std::string_view url);

/// An answer that says nothing about what was done.
Error unreadable_answer(std::string detail);
/// What a status other than 2xx means for a call that may have moved money. 409: the same key is at work, so the outcome is open.
Error error_of_status(int status, std::string detail);

}  // namespace emporion::payment
