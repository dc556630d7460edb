#include "modules/commerce/order/api/invoice_settings.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "kernel/base/text.hpp"

namespace emporion::order {
namespace {

constexpr std::size_t logo_bytes_max = 1 << 20;

std::unexpected<Error> invalid(std::string what) { return fail(ErrorKind::invalid_argument, "INVOICE_CONFIG_INVALID", std::move(what)); }

std::optional<std::string> given(const config::Settings& settings, const std::string& name) {
  std::string value = settings.string(name, "");
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

Result<std::string> logo_in(const std::string& setting, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!bytes.starts_with("\x89PNG") || bytes.size() > logo_bytes_max) return invalid(text(setting, ": ", file, " is no PNG of at most 1 MiB"));
  return bytes;
}

bool is_series(std::string_view series) {
  return !series.empty() && series.size() <= 16 && std::ranges::all_of(series, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

Result<InvoiceSeller> seller_in(const config::Settings& settings, const std::string& prefix, const InvoiceSeller& standard) {
  InvoiceSeller out;
  out.name = settings.string(prefix + ".name", standard.name);
  out.address = settings.strings(prefix + ".address");
  out.tax_id = given(settings, prefix + ".tax_id");
  out.email = given(settings, prefix + ".email");
  out.phone = given(settings, prefix + ".phone");
  out.time_zone = settings.string(prefix + ".time_zone", standard.time_zone);
  out.series = settings.string(prefix + ".series", standard.series);
  out.credit_series = settings.string(prefix + ".credit_series", out.series + "C");
  if (!is_series(out.series) || !is_series(out.credit_series)) return invalid(text(prefix, ".series and .credit_series are 1 to 16 of A-Z and 0-9"));
  if (const auto logo = given(settings, prefix + ".logo")) {
    EMP_ASSIGN(out.logo_png, logo_in(prefix + ".logo", *logo));
  }
  return out;
}

}  // namespace

Result<InvoiceSellers> invoice_sellers(const config::Settings& settings) {
  InvoiceSeller standard;
  standard.name = "Emporion";
  standard.series = "EM";
  EMP_ASSIGN(const InvoiceSeller house, seller_in(settings, "order.invoice.house", standard));
  std::map<Uuid, InvoiceSeller> named;
  std::set<std::string> taken{house.series, house.credit_series};
  if (taken.size() != 2) return invalid("order.invoice.house: invoices and credit notes have a series each");
  standard.time_zone = house.time_zone;
  for (const std::string& name : settings.names_below("order.invoice.sellers")) {
    const std::string prefix = "order.invoice.sellers." + name;
    const auto id = Uuid::parse(name);
    if (!id) return invalid(text(prefix, ": a seller is named by its id"));
    standard.name.clear();
    standard.series.clear();
    EMP_ASSIGN(const InvoiceSeller seller, seller_in(settings, prefix, standard));
    if (seller.name.empty()) return invalid(text(prefix, ".name is absent: an invoice states who sells"));
    if (!taken.insert(seller.series).second || !taken.insert(seller.credit_series).second) return invalid(text(prefix, ".series is used by another seller"));
    named.emplace(*id, seller);
  }
  return InvoiceSellers(house, std::move(named));
}

}  // namespace emporion::order
