#pragma once

#include <map>
#include <string>
#include <string_view>

#include "kernel/config/settings.hpp"

namespace emporion::app {

/// Every name with its value, sorted.
std::map<std::string, std::string> flattened(const config::Settings& settings);

/// The settings as a YAML file that is read as the same settings: maps and lists, all values quoted where they need it.
std::string settings_yaml(const config::Settings& settings);

/// "EMPORION_CHECKOUT__CURRENCY" for checkout.currency: the variable that overrides it.
std::string environment_name(std::string_view name);

}  // namespace emporion::app
