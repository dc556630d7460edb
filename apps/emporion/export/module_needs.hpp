#pragma once

#include <array>
#include <string_view>

namespace emporion::app {

/// What modules need besides the others and their database, which no contract says. ModuleNeeds in emporion_app_test compares it with their sources.
struct ModuleNeeds {
  std::string_view module;
  bool identity_key = false;  ///< Reads identity.master_key_file.
  bool mail = false;          ///< Sends mail over SMTP.
  bool https = false;         ///< Calls providers.
};

inline constexpr std::array<ModuleNeeds, 7> module_needs{{
    {.module = "auth", .identity_key = true},
    {.module = "gateway", .identity_key = true},
    {.module = "order", .identity_key = true, .mail = true},
    {.module = "payment", .https = true},
    {.module = "promotion", .identity_key = true},
    {.module = "shipping", .https = true},
    {.module = "user", .identity_key = true},
}};

}  // namespace emporion::app
