#pragma once

#include <string>

#include "kernel/json/reader.hpp"
#include "kernel/json/value.hpp"
#include "kernel/money/money.hpp"

namespace emporion {

/// {"amount":220000,"currency":"VND"}: minor units and an ISO 4217 code.
void append_json(std::string& out, const Money& value);
/// Reports what json::Reader knows, AMOUNT_OUT_OF_RANGE and UNKNOWN_CURRENCY.
void read_json(const json::Value& value, json::Reader& reader, Money& out);

}  // namespace emporion
