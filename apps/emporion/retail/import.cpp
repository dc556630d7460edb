#include "apps/emporion/retail/import.hpp"

#include <algorithm>

#include "apps/emporion/commands/terminal.hpp"
#include "apps/emporion/wait_for_job.hpp"
#include "contracts/identity/auth/v1/auth_api.hpp"
#include "contracts/logistics/location/v1/location_api.hpp"
#include "contracts/logistics/warehouse/v1/warehouse_api.hpp"
#include "contracts/product/catalog/v1/catalog_api.hpp"
#include "contracts/product/pricing/v1/pricing_api.hpp"
#include "kernel/base/text.hpp"
#include "kernel/json/codec.hpp"

namespace emporion::app::retail {
namespace {

constexpr std::size_t customers_per_call = 1'000;
constexpr std::size_t lines_per_receipt = 500;  // A transaction each: short enough for a busy machine.
constexpr std::size_t skus_per_read = 500;
constexpr std::size_t pictures_at_once = 16;
constexpr std::size_t refusals_kept = 100;
constexpr hours patience{24};  // A job goes on by itself, whoever waits; its size is the history's.

struct Place {
  std::string_view code, name, city, line1, postal_code;
  std::int32_t lat, lng, priority;
};
constexpr Place places[] = {
    {"LON", "London", "London", "1 Thames Road", "IG11 0HZ", 515'073'510, -1'277'580, 10},
    {"MAN", "Manchester", "Manchester", "2 Trafford Wharf Road", "M17 1EX", 534'807'590, -22'426'310, 20},
    {"BRS", "Bristol", "Bristol", "3 Avonmouth Way", "BS11 8DB", 514'545'140, -25'879'100, 30},
};

/// A card with the article's initial, in a colour of its own: the history has no pictures.
std::string picture(const Assortment::Article& article) {
  std::uint32_t hash = 2'166'136'261u;
  for (const char c : article.code) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619u;
  const char first = ascii_upper(article.name).front();
  const std::string initial = (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9') ? std::string(1, first) : "#";
  return text("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 200 200\"><rect width=\"200\" height=\"200\" rx=\"16\" fill=\"hsl(", hash % 360,
              ",45%,82%)\"/><text x=\"100\" y=\"132\" font-family=\"sans-serif\" font-size=\"96\" text-anchor=\"middle\" fill=\"hsl(", hash % 360,
              ",45%,30%)\">", initial, "</text></svg>");
}

class Import {
 public:
  Import(Host& host, ImportSource source) : host_(host), source_(std::move(source)), articles_(source_.assortment.articles()) {}

  Task<Result<ImportReport>> run() {
    EMP_CO_TRY(check_placement());
    EMP_CO_TRY(co_await import_products());
    EMP_CO_TRY(co_await import_pictures());
    EMP_CO_TRY(co_await import_prices());
    EMP_CO_TRY(co_await import_customers());
    EMP_CO_TRY(co_await open_warehouses());
    EMP_CO_TRY(co_await stock_up());
    ImportReport report;
    report.figures = std::move(source_.figures);
    report.figures.insert(report.figures.end(), made_.begin(), made_.end());
    report.figures.push_back({0, "refused", "refused by a module", refused_count_});
    report.refused = std::move(refused_);
    report.refused_count = refused_count_;
    co_return report;
  }

 private:
  template <typename Api>
  Api& api() {
    return host_.calls().get<Api>();
  }
  Result<> check_placement() const {
    const Calls& calls = host_.calls();
    if (calls.has<catalog::v1::CatalogApi>() && calls.has<pricing::v1::PricingApi>() && calls.has<warehouse::v1::WarehouseApi>() &&
        calls.has<location::v1::LocationApi>() && calls.has<auth::v1::AuthApi>()) {
      return {};
    }
    return fail(ErrorKind::unimplemented, "PLACEMENT_INCOMPLETE", "the import needs catalog, pricing, warehouse, location and auth in this process");
  }

  /// As a member of staff who may do everything. The key is the same for the same file and step, so a second run gets the first one's answers.
  CallContext as_staff(std::string_view step) {
    CallContext out = host_.context("installer", seconds(120));
    out.principal.realm = Realm::staff;
    out.principal.service.clear();
    out.principal.id = Uuid::from_name("online-retail:staff");
    out.principal.permissions = {"*"};
    out.idempotency_key = text("online-retail:", source_.fingerprint.substr(0, 32), ":", step);
    return out;
  }
  static Error located(const Error& error, std::string_view step) { return Error(error.kind(), error.reason(), text(step, ": ", error.detail())); }
  void refuse(std::string line) {
    ++refused_count_;
    if (refused_.size() < refusals_kept) refused_.push_back(std::move(line));
  }
  void made(std::string key, std::string label, std::int64_t value) { made_.push_back({0, std::move(key), std::move(label), value}); }

  /// Something that is there already is what we wanted.
  template <typename T>
  static Result<> there(const Result<T>& answer, std::string_view step) {
    if (answer || answer.error().kind() == ErrorKind::conflict) return {};
    return fail(located(answer.error(), step));
  }

  static Uuid category_id() { return Uuid::from_name("online-retail:category"); }
  static Uuid media_id(std::string_view code) { return Uuid::from_name(text("online-retail:media:", code)); }
  static Uuid warehouse_id(const Place& place) { return Uuid::from_name(text("online-retail:warehouse:", place.code)); }

  Task<Result<>> import_products() {
    catalog::v1::CreateCategoryRequest category;
    category.id = category_id();
    category.category.name = "Gifts and homeware";
    category.category.slug = "gifts-and-homeware";
    EMP_CO_TRY(there(co_await api<catalog::v1::CatalogApi>().create_category(as_staff("category"), std::move(category)), "category"));

    catalog::v1::ImportProductsRequest request;
    request.content_type = "application/x-ndjson";
    for (const auto& article : articles_) {
      catalog::v1::ImportRow row;
      row.external_reference = text("online-retail:", article.code);
      row.publish = true;
      row.product.name = article.name;
      row.product.slug = text("or-", ascii_lower(article.code));  // Names repeat (quirk 8), codes do not.
      row.product.category_id = category_id();
      row.product.media.push_back({.media_id = media_id(article.code),
                                   .url = text("/api/v1/catalog/media/", media_id(article.code)),
                                   .alt = article.name,
                                   .content_type = "image/svg+xml"});
      catalog::v1::VariantInput variant;
      variant.sku = article.code;
      row.product.variants.push_back(std::move(variant));
      append_json(request.content, row);
      request.content += '\n';
    }
    ProgressBar bar("products", "products", articles_.size());
    auto started = co_await api<catalog::v1::CatalogApi>().import_products(as_staff("products"), std::move(request));
    if (!started) co_return fail(located(started.error(), "products"));
    const auto ask = [this](Uuid id) { return api<catalog::v1::CatalogApi>().get_import_job(as_staff("products"), {.id = id}); };
    const auto show = [&bar](const catalog::v1::ImportJob& now) {
      bar.set(static_cast<std::uint64_t>(now.created + now.updated + now.unchanged + now.refused));
    };
    EMP_CO_ASSIGN(const auto job, co_await wait_for_job(host_.runtime(), std::move(*started), ask, show, patience));
    bar.set(articles_.size());
    for (const auto& error : job.errors) refuse(text("product ", error.external_reference.value_or("?"), ": ", error.reason, " ", error.detail));
    refused_count_ += job.refused - static_cast<std::int64_t>(job.errors.size());
    made("products_created", "products made", job.created);
    made("products_updated", "products changed", job.updated);
    made("products_unchanged", "products as they were", job.unchanged);
    co_return Result<>();
  }

  Task<Result<>> import_pictures() {
    ProgressBar bar("pictures", "pictures", articles_.size());
    std::int64_t pictures = 0;
    for (std::size_t from = 0; from < articles_.size(); from += skus_per_read) {
      const std::size_t to = std::min(articles_.size(), from + skus_per_read);
      catalog::v1::BatchGetProductsRequest wanted;
      for (std::size_t i = from; i < to; ++i) wanted.skus.push_back(articles_[i].code);
      EMP_CO_ASSIGN(const auto facts, co_await api<catalog::v1::CatalogApi>().batch_get_products(host_.context("installer", seconds(60)), std::move(wanted)));
      std::map<std::string_view, Uuid> product_of;
      for (const auto& fact : facts.found) product_of.emplace(fact.sku, fact.product_id);
      for (std::size_t i = from; i < to;) {
        std::vector<Task<Result<catalog::v1::Media>>> puts;
        std::vector<std::size_t> whose;
        for (; i < to && puts.size() < pictures_at_once; ++i) {
          const auto product = product_of.find(articles_[i].code);
          if (product == product_of.end()) continue;  // Refused above.
          whose.push_back(i);
          puts.push_back(api<catalog::v1::CatalogApi>().put_media(
              as_staff(text("media:", articles_[i].code)), {.id = product->second, .media_id = media_id(articles_[i].code), .content = picture(articles_[i])}));
        }
        const auto answers = co_await when_all(std::move(puts));
        for (std::size_t k = 0; k < answers.size(); ++k) {
          if (answers[k]) {
            ++pictures;
          } else {
            refuse(text("picture ", articles_[whose[k]].code, ": ", answers[k].error().to_string()));
          }
        }
        bar.set(i);
      }
    }
    bar.set(articles_.size());
    made("pictures", "pictures drawn (the history has none)", pictures);
    co_return Result<>();
  }

  Task<Result<>> import_prices() {
    pricing::v1::BulkUpsertPricesRequest request;
    for (const auto& article : articles_) {
      if (article.price_pence == 0) continue;
      pricing::v1::BulkPriceRow row;
      row.sku = article.code;
      row.terms.base_amount = Money(article.price_pence, Currency::of("GBP"));
      request.rows.push_back(std::move(row));
    }
    if (request.rows.empty()) co_return Result<>();
    const std::size_t rows = request.rows.size();
    ProgressBar bar("prices", "prices", rows);
    auto started = co_await api<pricing::v1::PricingApi>().bulk_upsert_prices(as_staff("prices"), std::move(request));
    if (!started) co_return fail(located(started.error(), "prices"));
    const auto ask = [this](Uuid id) { return api<pricing::v1::PricingApi>().get_bulk_job(as_staff("prices"), {.id = id}); };
    const auto show = [&bar](const pricing::v1::BulkJob& now) { bar.set(static_cast<std::uint64_t>(now.applied)); };
    EMP_CO_ASSIGN(const auto job, co_await wait_for_job(host_.runtime(), std::move(*started), ask, show, patience));
    bar.set(rows);
    for (const auto& error : job.errors) refuse(text("price ", error.sku.value_or("?"), ": ", error.reason, " ", error.detail));
    made("prices", "prices set", job.applied);
    made("articles_without_price", "articles never sold for anything: without a price", static_cast<std::int64_t>(articles_.size() - rows));
    co_return Result<>();
  }

  Task<Result<>> import_customers() {
    const auto customers = source_.assortment.customers();
    ProgressBar bar("customers", "customers", customers.size());
    std::int64_t created = 0;
    for (std::size_t from = 0; from < customers.size(); from += customers_per_call) {
      auth::v1::ImportCustomersRequest request;
      for (std::size_t i = from; i < std::min(customers.size(), from + customers_per_call); ++i) {
        request.customers.push_back({.external_reference = customers[i].reference, .country = customers[i].country});
      }
      const auto answer = co_await api<auth::v1::AuthApi>().import_customers(as_staff(text("customers:", from)), std::move(request));
      if (!answer) co_return fail(located(answer.error(), "customers"));
      created += std::ranges::count_if(answer->customers, [](const auto& customer) { return customer.created; });
      bar.set(from + answer->customers.size());
    }
    made("customers_created", "customers made known", created);
    co_return Result<>();
  }

  Task<Result<>> open_warehouses() {
    EMP_CO_ASSIGN(const auto known, co_await api<location::v1::LocationApi>().list_locations(
                                        host_.context("installer", seconds(30)), {.type = location::v1::LocationType::country, .active = true, .limit = 500}));
    std::vector<warehouse::v1::CoverageEntry> entries;
    for (const auto& country : known.locations) {
      if (source_.assortment.countries().contains(country.code))
        entries.push_back({.location_id = country.id, .service_levels = {}, .transit_hours = country.code == "GB" ? 24 : 96});
    }
    for (const auto& country : source_.assortment.countries()) {
      if (std::ranges::find(known.locations, country, &location::v1::Location::code) == known.locations.end())
        refuse(text("country ", country, ": Location does not know it"));
    }
    for (const auto& place : places) {
      warehouse::v1::CreateWarehouseRequest request;
      request.id = warehouse_id(place);
      request.code = place.code;
      request.name = place.name;
      request.type = warehouse::v1::WarehouseType::fulfillment;
      request.priority = place.priority;
      request.lat = place.lat;
      request.lng = place.lng;
      request.address = {.country = "GB",
                         .region_code = "GB-ENG",
                         .city = std::string(place.city),
                         .line1 = std::string(place.line1),
                         .postal_code = std::string(place.postal_code)};
      request.timezone = "Europe/London";
      request.handling_cost = Money(50, Currency::of("GBP"));
      request.pick_cost = Money(5, Currency::of("GBP"));
      auto& warehouses = api<warehouse::v1::WarehouseApi>();
      EMP_CO_TRY(there(co_await warehouses.create_warehouse(as_staff(text("warehouse:", place.code)), std::move(request)), place.name));
      EMP_CO_TRY(there(co_await warehouses.put_coverage(as_staff(text("coverage:", place.code)), {.id = warehouse_id(place), .entries = entries}), place.name));
      EMP_CO_TRY(there(co_await warehouses.activate_warehouse(as_staff(text("activate:", place.code)), {.id = warehouse_id(place)}), place.name));
    }
    made("warehouses", "warehouses", std::size(places));
    made("countries_covered", "countries they deliver to", static_cast<std::int64_t>(entries.size()));
    co_return Result<>();
  }

  Task<Result<>> stock_up() {
    std::vector<warehouse::v1::ReceiptLineInput> lines[std::size(places)];
    std::int64_t units = 0;
    for (std::size_t i = 0; i < articles_.size(); ++i) {
      const auto& article = articles_[i];
      const std::int64_t minor_part = article.units_sold * 2 / 5;
      const std::int64_t parts[] = {article.units_sold - minor_part, minor_part, article.order_max};
      for (std::size_t part = 0; part < std::size(parts); ++part) {
        if (parts[part] == 0) continue;
        // The pair takes turns, so that one order's goods do not all lie together.
        lines[(i + part) % std::size(places)].push_back({.sku = article.code, .expected = static_cast<std::int32_t>(parts[part])});
        units += parts[part];
      }
    }
    std::size_t total = 0, done = 0;
    for (const auto& of_place : lines) total += of_place.size();
    ProgressBar bar("stock", "stock rows", total);
    std::int64_t receipts = 0;
    for (std::size_t p = 0; p < std::size(places); ++p) {
      for (std::size_t from = 0; from < lines[p].size(); from += lines_per_receipt) {
        const std::size_t to = std::min(lines[p].size(), from + lines_per_receipt);
        warehouse::v1::CreateReceiptRequest receipt;
        receipt.warehouse_id = warehouse_id(places[p]);
        receipt.kind = warehouse::v1::ReceiptKind::opening;
        receipt.reference = text("online-retail ", source_.fingerprint.substr(0, 32), " ", from / lines_per_receipt + 1);
        receipt.put_away = true;
        receipt.lines.assign(lines[p].begin() + static_cast<std::ptrdiff_t>(from), lines[p].begin() + static_cast<std::ptrdiff_t>(to));
        CallContext context = as_staff(text("receipt:", places[p].code, ":", from / lines_per_receipt + 1));
        const auto put = co_await api<warehouse::v1::WarehouseApi>().create_receipt(std::move(context), std::move(receipt));
        if (!put) co_return fail(located(put.error(), text("stock of ", places[p].name)));
        ++receipts;
        done += to - from;
        bar.set(done);
      }
    }
    made("receipts", "receipts of opening stock", receipts);
    made("opening_units", "units of opening stock", units);
    co_return Result<>();
  }

  Host& host_;
  ImportSource source_;
  std::vector<Assortment::Article> articles_;
  std::vector<Figure> made_;
  std::vector<std::string> refused_;
  std::int64_t refused_count_ = 0;
};

}  // namespace

Result<ImportSource> read_source(const std::string& path, History::Corrupt corrupt) {
  ImportSource out;
  EMP_ASSIGN(auto history, History::open(path, corrupt));
  history.on_row = [&out](const Row& row) { out.assortment.add(row); };
  ProgressBar bar("reading", "KiB", history.reader().bytes_total() / 1024);
  for (;;) {
    EMP_ASSIGN(const auto invoice, history.next());
    if (!invoice) break;
    out.assortment.add(*invoice);
    bar.set(history.reader().bytes_read() / 1024);
  }
  bar.finish();
  out.figures = history.quirks().figures();
  const auto more = out.assortment.figures();
  out.figures.insert(out.figures.end(), more.begin(), more.end());
  out.fingerprint = history.reader().fingerprint();
  return out;
}

Task<Result<ImportReport>> import_history(Host& host, ImportSource source) {
  auto work = std::make_unique<Import>(host, std::move(source));
  co_return co_await work->run();
}

}  // namespace emporion::app::retail
