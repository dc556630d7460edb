#include "modules/logistics/location/domain/address.hpp"

#include <algorithm>
#include <string_view>

#include "kernel/base/text.hpp"
#include "modules/logistics/location/domain/names.hpp"

namespace emporion::location {
namespace {

// How numbers are written at home: the prefix dialled before the area, and how many digits follow the country's code. Source: ITU-T E.164 and national plans.
struct DialPlan {
  std::string_view country;
  std::string_view code;
  std::string_view trunk;
  std::size_t digits_min;
  std::size_t digits_max;
};
constexpr DialPlan dial_plans[] = {{"VN", "84", "0", 9, 10}, {"GB", "44", "0", 9, 10}, {"US", "1", "1", 10, 10},  {"CA", "1", "1", 10, 10},
                                   {"DE", "49", "0", 5, 13}, {"FR", "33", "0", 9, 9},  {"IE", "353", "0", 7, 10}, {"ES", "34", "", 9, 9},
                                   {"NL", "31", "0", 9, 9},  {"BE", "32", "0", 8, 9},  {"CH", "41", "0", 9, 9},   {"PT", "351", "", 9, 9},
                                   {"AU", "61", "0", 9, 9},  {"NO", "47", "", 8, 8},   {"IT", "39", "", 6, 11},   {"FI", "358", "0", 5, 12},
                                   {"CY", "357", "", 8, 8},  {"SE", "46", "0", 7, 10}, {"AT", "43", "0", 5, 13},  {"DK", "45", "", 8, 8},
                                   {"JP", "81", "0", 9, 10}, {"PL", "48", "", 9, 9},   {"IL", "972", "0", 8, 9},  {"SG", "65", "", 8, 8}};

std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') out.push_back(c);
  }
  return out;
}

// Nothing but digits and what people put between them.
bool looks_like_a_number(std::string_view phone) {
  return std::all_of(phone.begin(), phone.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '+'; }) &&
         phone.rfind('+') + 1 <= 1;
}

// 9 is a digit, A a letter, X either; anything else is itself.
bool fits(std::string_view text, std::string_view form) {
  const auto fits_one = [](char c, char f) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = c >= 'A' && c <= 'Z';
    return f == '9' ? digit : f == 'A' ? letter : f == 'X' ? digit || letter : c == f;
  };
  return std::equal(text.begin(), text.end(), form.begin(), form.end(), fits_one);
}

std::optional<std::string> british_postcode(const std::string& compact) {
  constexpr std::string_view outward_forms[] = {"A9", "A99", "AA9", "AA99", "A9A", "AA9A"};
  if (compact.size() < 5) return std::nullopt;
  const std::string outward = compact.substr(0, compact.size() - 3);
  const std::string inward = compact.substr(compact.size() - 3);
  const bool good =
      fits(inward, "9AA") && std::any_of(std::begin(outward_forms), std::end(outward_forms), [&](std::string_view form) { return fits(outward, form); });
  return good ? std::optional(outward + " " + inward) : std::nullopt;
}

class Check {
 public:
  Check(const Gazetteer& gazetteer, const Address& written) : gazetteer_(gazetteer), written_(written) {}

  AddressVerdict run() {
    out_.normalised.name = text_of("name", written_.name, 1, 200);
    check_country();
    if (country_ != nullptr) check_region();
    out_.normalised.city = text_of("city", written_.city, 1, 200);
    out_.normalised.district = optional_text("district", written_.district);
    out_.normalised.ward = optional_text("ward", written_.ward);
    out_.normalised.line1 = text_of("line1", written_.line1, 3, 200);
    out_.normalised.line2 = optional_text("line2", written_.line2);
    check_phone();
    check_postal_code();
    return std::move(out_);
  }

 private:
  void error(std::string_view field, std::string_view reason) { out_.errors.push_back({std::string(field), std::string(reason)}); }
  void warn(std::string_view field, std::string_view reason) { out_.warnings.push_back({std::string(field), std::string(reason)}); }

  std::string text_of(std::string_view field, const std::string& value, std::size_t min, std::size_t max) {
    std::string line = normal_line(value);
    const std::size_t length = length_of(line);
    if (length == 0) {
      error(field, "REQUIRED");
    } else if (length < min) {
      error(field, "TOO_SHORT");
    } else if (length > max) {
      error(field, "TOO_LONG");
    }
    return line;
  }
  std::optional<std::string> optional_text(std::string_view field, const std::optional<std::string>& value) {
    if (!value) return std::nullopt;
    std::string line = normal_line(*value);
    if (line.empty()) return std::nullopt;
    if (length_of(line) > 200) error(field, "TOO_LONG");
    return line;
  }

  void check_country() {
    const std::string code = normal_line(written_.country);
    out_.normalised.country = ascii_upper(code);
    if (code.empty()) return error("country", "REQUIRED");
    country_ = gazetteer_.country(code);
    if (country_ == nullptr) return error("country", "UNKNOWN_COUNTRY");
    out_.place = country_;
  }

  void check_region() {
    const std::string code = written_.region_code ? normal_line(*written_.region_code) : std::string();
    const Place* region = nullptr;
    if (!code.empty()) {
      region = gazetteer_.region_by_code(*country_, code);
      if (region == nullptr) region = gazetteer_.region_by_name(*country_, code);
      out_.normalised.region_code = code;
      if (region == nullptr) {
        if (gazetteer_.has_regions(*country_)) error("region_code", "UNKNOWN_REGION");
        return;
      }
    } else if (gazetteer_.has_regions(*country_)) {
      region = gazetteer_.region_by_name(*country_, written_.city);
      if (region == nullptr) return error("region_code", "REQUIRED");
      warn("region_code", "REGION_GUESSED");
    } else {
      return;
    }
    // A unit may have been merged more than once; ids are never reused, so the chain ends.
    while (!region->is_active) {
      if (region->successors.size() > 1) return error("region_code", "CHOOSE_SUCCESSOR");
      const Place* successor = region->successors.empty() ? nullptr : gazetteer_.find(region->successors.front());
      if (successor == nullptr || successor == region) return error("region_code", "UNKNOWN_REGION");
      region = successor;
      if (out_.warnings.empty() || out_.warnings.back().reason != "MERGED_UNIT") warn("region_code", "MERGED_UNIT");
    }
    out_.normalised.region_code = region->code;
    out_.place = region;
  }

  void check_phone() {
    if (!written_.phone) return;
    const std::string line = normal_line(*written_.phone);
    if (line.empty()) return;
    out_.normalised.phone = e164(line, out_.normalised.country);
    if (!out_.normalised.phone) {
      out_.normalised.phone = line;
      error("phone", "INVALID_PHONE");
    }
  }

  void check_postal_code() {
    const std::string line = written_.postal_code ? normal_line(*written_.postal_code) : std::string();
    if (line.empty()) {
      if (needs_postal_code(out_.normalised.country)) error("postal_code", "REQUIRED");
      return;
    }
    const auto code = postal_code(line, out_.normalised.country);
    out_.normalised.postal_code = code.value_or(line);
    if (!code) error("postal_code", "INVALID_POSTAL_CODE");
  }

  const Gazetteer& gazetteer_;
  const Address& written_;
  const Place* country_ = nullptr;
  AddressVerdict out_;
};

}  // namespace

AddressVerdict validate(const Gazetteer& gazetteer, const Address& written) { return Check(gazetteer, written).run(); }

std::optional<std::string> e164(std::string_view phone, std::string_view country_code) {
  phone = trimmed(phone);
  if (phone.empty() || !looks_like_a_number(phone)) return std::nullopt;
  std::string digits = digits_of(phone);
  const auto* const plan = std::find_if(std::begin(dial_plans), std::end(dial_plans), [&](const DialPlan& p) { return p.country == country_code; });
  const bool is_international = phone.front() == '+' || digits.starts_with("00");
  if (digits.starts_with("00")) digits.erase(0, 2);
  if (!is_international) {
    if (plan == std::end(dial_plans)) return std::nullopt;
    if (!plan->trunk.empty() && digits.starts_with(plan->trunk)) digits.erase(0, plan->trunk.size());
    if (digits.size() < plan->digits_min || digits.size() > plan->digits_max) return std::nullopt;
    digits.insert(0, plan->code);
  } else if (plan != std::end(dial_plans) && digits.starts_with(plan->code)) {
    // "+44 (0)20 …" is written often; the 0 is not dialled after the country's code.
    const std::size_t at = plan->code.size();
    if (plan->trunk == "0" && digits.size() > at && digits[at] == '0') digits.erase(at, 1);
    const std::size_t national = digits.size() - at;
    if (national < plan->digits_min || national > plan->digits_max) return std::nullopt;
  }
  if (digits.size() < 7 || digits.size() > 15 || digits.front() == '0') return std::nullopt;
  return "+" + digits;
}

std::optional<std::string> postal_code(std::string_view written, std::string_view country_code) {
  std::string upper = ascii_upper(trimmed(written));
  if (country_code == "GB") {
    std::erase(upper, ' ');
    return british_postcode(upper);
  }
  if (country_code == "US") return fits(upper, "99999") || fits(upper, "99999-9999") ? std::optional(upper) : std::nullopt;
  if (country_code == "VN") return fits(upper, "99999") || fits(upper, "999999") ? std::optional(upper) : std::nullopt;
  return upper.size() <= 20 ? std::optional(upper) : std::nullopt;
}

bool needs_postal_code(std::string_view country_code) { return country_code == "GB" || country_code == "US"; }

}  // namespace emporion::location
