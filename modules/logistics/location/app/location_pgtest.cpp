#include <chrono>

#include "contracts/logistics/location/v1/location_api_binding.hpp"
#include "kernel/base/text.hpp"
#include "kernel/testing/fake_clock.hpp"
#include "kernel/testing/postgres_fixture.hpp"
#include "modules/logistics/location/adapters/postgres/location_store.hpp"
#include "modules/logistics/location/api/module.hpp"
#include "modules/logistics/location/app/location_service.hpp"

namespace emporion::location {
namespace {

struct LocationTest : testing::PostgresTest {
  LocationTest() : PostgresTest("location", migrations()) {}

  CallContext staff(std::string key = {}) {
    CallContext out = context();
    out.principal =
        Principal{.realm = Realm::staff, .id = Uuid::from_name("staff"), .session = {}, .service = {}, .permissions = {"location.*"}, .acting_staff = {}};
    out.deadline = clock.now() + seconds(10);
    out.idempotency_key = std::move(key);
    return out;
  }
  static Uuid id_of(std::string_view code) { return Uuid::from_name(text("location:", code)); }
  v1::CreateLocationRequest a_ward(std::string code, std::string name) {
    return {.parent_id = id_of("VN-SG"),
            .type = v1::LocationType::ward,
            .country_code = "VN",
            .code = std::move(code),
            .name = std::move(name),
            .name_en = {},
            .lat = {},
            .lng = {}};
  }

  SystemClock clock;
  SystemRandom random;
  PostgresLocationStore store{database()};
  LocationService service{store, database(), clock, random};
  v1::LocalLocationApi api{service, clock};
};

TEST_F(LocationTest, the_countries_and_first_levels_are_there_under_ids_that_others_can_name) {
  const auto regions = run(api.get_children(staff(), {.parent_id = id_of("VN")}));
  ASSERT_TRUE(regions.has_value()) << regions.error().to_string();
  EXPECT_EQ(regions->locations.size(), 34u);
  EXPECT_EQ(run(api.get_children(staff(), {.parent_id = id_of("GB")}))->locations.size(), 4u);
  EXPECT_EQ(run(api.get_children(staff(), {.parent_id = id_of("US")}))->locations.size(), 57u);
  const auto path = run(api.get_path(staff(), {.id = id_of("VN-HN")}));
  ASSERT_EQ(path->locations.size(), 2u);
  EXPECT_EQ(path->locations[0].code, "VN");
  EXPECT_EQ(path->locations[1].name, "Hà Nội");
  EXPECT_EQ(value("SELECT count(*) FROM location WHERE level = 0"), "249");
  EXPECT_EQ(run(api.get_location(staff(), {.id = id_of("XX")})).error().reason(), "UNKNOWN_LOCATION");
}

TEST_F(LocationTest, a_seeded_table_passes_its_own_audit) {
  for (const auto& check : definition().audit_checks) EXPECT_TRUE(sql(std::string(check.sql)).empty()) << check.invariant;
}

TEST_F(LocationTest, a_list_is_filtered_and_limited) {
  EXPECT_EQ(run(api.list_locations(staff(), {.parent_id = {}, .type = v1::LocationType::country, .country_code = {}, .active = {}, .code = {}, .limit = 5}))
                ->locations.size(),
            5u);
  const auto by_code = run(api.list_locations(staff(), {.parent_id = {}, .type = {}, .country_code = {}, .active = {}, .code = "vn-hn", .limit = {}}));
  ASSERT_EQ(by_code->locations.size(), 1u);
  EXPECT_EQ(by_code->locations[0].id, id_of("VN-HN"));
  const auto refused = run(api.list_locations(staff(), {.parent_id = {}, .type = {}, .country_code = {}, .active = {}, .code = {}, .limit = 5000}));
  EXPECT_EQ(refused.error().reason(), "OUT_OF_RANGE");
}

TEST_F(LocationTest, a_name_is_found_without_its_accents) {
  ASSERT_TRUE(run(api.create_location(staff("k1"), a_ward("26740", "Phường Bến Nghé"))));
  ASSERT_TRUE(run(api.create_location(staff("k2"), a_ward("26743", "Phường Bến Thành"))));
  const auto found = run(api.search_locations(staff(), {.query = "phuong ben nghe", .country_code = "VN", .type = {}, .limit = {}}));
  ASSERT_FALSE(found->locations.empty());
  EXPECT_EQ(found->locations.front().name, "Phường Bến Nghé");
}

TEST_F(LocationTest, an_address_is_judged_against_the_seeded_places) {
  v1::AddressInput address;
  address.name = "Trần Mai";
  address.country = "VN";
  address.region_code = "VN-57";
  address.city = "Thủ Dầu Một";
  address.line1 = "1 Đại lộ Bình Dương";
  auto judged = run(api.validate_address(staff(), {.address = address}));
  ASSERT_TRUE(judged.has_value()) << judged.error().to_string();
  EXPECT_TRUE(judged->valid);
  EXPECT_EQ(judged->warnings, (std::vector<v1::AddressProblem>{{"region_code", "MERGED_UNIT"}}));
  EXPECT_EQ(judged->location_path, (std::vector<Uuid>{id_of("VN"), id_of("VN-SG")}));
  EXPECT_EQ(judged->lat, 107769000);

  address.country = "GB";
  judged = run(api.validate_address(staff(), {.address = address}));
  EXPECT_FALSE(judged->valid);
  EXPECT_EQ(judged->errors, (std::vector<v1::AddressProblem>{{"region_code", "UNKNOWN_REGION"}, {"postal_code", "REQUIRED"}}));

  const auto started = std::chrono::steady_clock::now();
  constexpr int times = 1'000;
  for (int i = 0; i < times; ++i) ASSERT_TRUE(run(api.validate_address(staff(), {.address = address})));
  const auto each = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - started) / times;
  RecordProperty("microseconds_per_address", static_cast<int>(each.count()));
  EXPECT_LT(each, milliseconds(2));
}

TEST_F(LocationTest, a_place_is_created_once_per_key_and_shows_at_once) {
  const auto first = run(api.create_location(staff("k"), a_ward("1", "Sài Gòn")));
  ASSERT_TRUE(first.has_value()) << first.error().to_string();
  const auto again = run(api.create_location(staff("k"), a_ward("1", "Sài Gòn")));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, *first);
  EXPECT_EQ(run(api.create_location(staff("k"), a_ward("2", "Other"))).error().reason(), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(run(api.create_location(staff("other"), a_ward("1", "Sài Gòn"))).error().reason(), "DUPLICATE_CODE");
  const auto tree = run(api.get_tree(staff(), {.root_id = id_of("VN-SG"), .max_depth = {}}));
  ASSERT_EQ(tree->locations.size(), 2u);
  EXPECT_EQ(tree->locations[1].id, first->id);
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'location.location.created'"), "1");
}

TEST_F(LocationTest, a_level_that_the_country_does_not_have_is_refused) {
  auto district = a_ward("Q1", "Quận 1");
  district.type = v1::LocationType::district;
  EXPECT_EQ(run(api.create_location(staff("k"), district)).error().reason(), "PARENT_LEVEL");
  EXPECT_EQ(value("SELECT count(*) FROM outbox"), "0");
  EXPECT_EQ(value("SELECT revision FROM location_revision"), "1");
}

TEST_F(LocationTest, a_moved_place_takes_what_lies_below_along) {
  v1::CreateLocationRequest county{.parent_id = id_of("GB-ENG"),
                                   .type = v1::LocationType::district,
                                   .country_code = "GB",
                                   .code = "KEN",
                                   .name = "Kent",
                                   .name_en = {},
                                   .lat = {},
                                   .lng = {}};
  const auto kent = run(api.create_location(staff("a"), county));
  v1::CreateLocationRequest town{
      .parent_id = kent->id, .type = v1::LocationType::ward, .country_code = "GB", .code = "DOV", .name = "Dover", .name_en = {}, .lat = {}, .lng = {}};
  const auto dover = run(api.create_location(staff("b"), town));
  ASSERT_TRUE(run(api.update_location(staff(), {.id = kent->id, .name = {}, .name_en = {}, .parent_id = id_of("GB-WLS"), .version = kent->version})));
  EXPECT_EQ(run(api.get_location(staff(), {.id = dover->id}))->path, (std::vector<Uuid>{id_of("GB"), id_of("GB-WLS"), kent->id, dover->id}));
  EXPECT_EQ(run(api.update_location(staff(), {.id = kent->id, .name = "x", .name_en = {}, .parent_id = {}, .version = kent->version})).error().reason(),
            "VERSION_CONFLICT");
  EXPECT_EQ(
      run(api.update_location(staff(), {.id = kent->id, .name = {}, .name_en = {}, .parent_id = dover->id, .version = kent->version + 1})).error().reason(),
      "CYCLE");

  const auto ended = run(api.deactivate_location(staff(), {.id = kent->id}));
  ASSERT_TRUE(ended.has_value());
  EXPECT_FALSE(run(api.get_location(staff(), {.id = dover->id}))->is_active);
  ASSERT_TRUE(run(api.deactivate_location(staff(), {.id = kent->id})));
  EXPECT_EQ(value("SELECT count(*) FROM outbox WHERE topic = 'location.location.deactivated'"), "2");
  for (const auto& check : definition().audit_checks) EXPECT_TRUE(sql(std::string(check.sql)).empty()) << check.invariant;
}

TEST_F(LocationTest, another_replicas_write_shows_within_a_second) {
  testing::FakeClock standing;
  LocationService other{store, database(), standing, random};
  ASSERT_TRUE(run(other.load()));
  ASSERT_TRUE(run(api.create_location(staff("k"), a_ward("1", "Sài Gòn"))));
  EXPECT_EQ(run(other.get_children(staff(), {.parent_id = id_of("VN-SG")}))->locations.size(), 0u);
  standing.move(seconds(1));
  EXPECT_EQ(run(other.get_children(staff(), {.parent_id = id_of("VN-SG")}))->locations.size(), 1u);
}

}  // namespace
}  // namespace emporion::location
