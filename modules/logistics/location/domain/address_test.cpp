#include "modules/logistics/location/domain/address.hpp"

#include <gtest/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::location {
namespace {

Uuid id_of(std::string_view code) { return Uuid::from_name(text("location:", code)); }

Place a_country(std::string code) {
  Place place;
  place.id = id_of(code);
  place.country_code = code;
  place.code = place.name = place.name_en = code;
  place.path = {place.id};
  return place;
}

Place a_region(std::string code, std::string name) {
  Place place = a_country(code);
  place.country_code = code.substr(0, 2);
  place.level = Level::province;
  place.name = place.name_en = std::move(name);
  place.parent_id = id_of(place.country_code);
  place.path = {*place.parent_id, place.id};
  return place;
}

Place merged(Place place, std::vector<std::string> into) {
  place.is_active = false;
  for (const auto& code : into) place.successors.push_back(id_of(code));
  return place;
}

const Gazetteer& places() {
  static const Gazetteer gazetteer(
      {a_country("VN"), a_country("GB"), a_country("US"), a_country("FR"), a_region("VN-HN", "Hà Nội"), a_region("VN-SG", "Hồ Chí Minh"),
       a_region("VN-02", "Lào Cai"), merged(a_region("VN-06", "Yên Bái"), {"VN-02"}), merged(a_region("VN-15", "Hà Tây"), {"VN-HN", "VN-02"}),
       merged(a_region("VN-99", "Cũ"), {"VN-06"}), a_region("GB-ENG", "England"), a_region("US-CA", "California")},
      1);
  return gazetteer;
}

Address in_ha_noi() {
  Address address;
  address.name = "Trần Thị Mai";
  address.phone = "0912 345 678";
  address.country = "vn";
  address.region_code = "VN-HN";
  address.city = "Hà Nội";
  address.line1 = "12 Nguyễn Du";
  return address;
}

using Remarks = std::vector<AddressRemark>;

TEST(Address, a_good_one_comes_back_in_normal_form) {
  Address written = in_ha_noi();
  written.line1 = "  12   Nguyễn Du ";
  written.ward = " ";
  const auto verdict = validate(places(), written);
  EXPECT_EQ(verdict.errors, Remarks{});
  EXPECT_EQ(verdict.warnings, Remarks{});
  EXPECT_EQ(verdict.normalised.country, "VN");
  EXPECT_EQ(verdict.normalised.line1, "12 Nguyễn Du");
  EXPECT_EQ(verdict.normalised.phone, "+84912345678");
  EXPECT_FALSE(verdict.normalised.ward.has_value());
  ASSERT_NE(verdict.place, nullptr);
  EXPECT_EQ(verdict.place->code, "VN-HN");
}

TEST(Address, everything_that_is_wrong_is_named_at_once) {
  Address written;
  written.line1 = "x";
  written.country = "XX";
  written.phone = "call me";
  const auto verdict = validate(places(), written);
  EXPECT_EQ(verdict.errors,
            (Remarks{{"name", "REQUIRED"}, {"country", "UNKNOWN_COUNTRY"}, {"city", "REQUIRED"}, {"line1", "TOO_SHORT"}, {"phone", "INVALID_PHONE"}}));
  EXPECT_EQ(verdict.place, nullptr);
}

TEST(Address, a_region_is_read_by_code_short_code_and_name) {
  for (const char* written : {"VN-HN", "vn-hn", "HN", "Ha Noi", "hà nội"}) {
    Address address = in_ha_noi();
    address.region_code = written;
    const auto verdict = validate(places(), address);
    EXPECT_EQ(verdict.errors, Remarks{}) << written;
    EXPECT_EQ(verdict.normalised.region_code, "VN-HN") << written;
  }
}

TEST(Address, a_region_of_another_country_is_refused) {
  Address address = in_ha_noi();
  address.region_code = "GB-ENG";
  EXPECT_EQ(validate(places(), address).errors, (Remarks{{"region_code", "UNKNOWN_REGION"}}));
}

TEST(Address, without_a_region_the_city_may_tell_it) {
  Address address = in_ha_noi();
  address.region_code.reset();
  EXPECT_EQ(validate(places(), address).normalised.region_code, "VN-HN");
  EXPECT_EQ(validate(places(), address).warnings, (Remarks{{"region_code", "REGION_GUESSED"}}));
  address.city = "Somewhere";
  EXPECT_EQ(validate(places(), address).errors, (Remarks{{"region_code", "REQUIRED"}}));
}

TEST(Address, a_merged_region_becomes_its_only_successor) {
  for (const char* written : {"VN-06", "Yen Bai", "VN-99"}) {
    Address address = in_ha_noi();
    address.region_code = written;
    const auto verdict = validate(places(), address);
    EXPECT_EQ(verdict.errors, Remarks{}) << written;
    EXPECT_EQ(verdict.warnings, (Remarks{{"region_code", "MERGED_UNIT"}})) << written;
    EXPECT_EQ(verdict.normalised.region_code, "VN-02") << written;
  }
}

TEST(Address, a_region_with_several_successors_is_asked_back) {
  Address address = in_ha_noi();
  address.region_code = "VN-15";
  EXPECT_EQ(validate(places(), address).errors, (Remarks{{"region_code", "CHOOSE_SUCCESSOR"}}));
}

TEST(Address, a_country_without_known_regions_is_judged_as_a_whole) {
  Address address = in_ha_noi();
  address.country = "FR";
  address.region_code = "IDF";
  address.phone = "01 23 45 67 89";
  address.postal_code = "75001";
  const auto verdict = validate(places(), address);
  EXPECT_EQ(verdict.errors, Remarks{});
  EXPECT_EQ(verdict.place->code, "FR");
  EXPECT_EQ(verdict.normalised.phone, "+33123456789");
}

TEST(Address, phones_become_e164) {
  EXPECT_EQ(e164("+84 (0)912 345 678", "VN"), "+84912345678");
  EXPECT_EQ(e164("0084912345678", "VN"), "+84912345678");
  EXPECT_EQ(e164("020 7946 0958", "GB"), "+442079460958");
  EXPECT_EQ(e164("(415) 555-2671", "US"), "+14155552671");
  EXPECT_EQ(e164("1-415-555-2671", "US"), "+14155552671");
  EXPECT_EQ(e164("+49 30 901820", "VN"), "+4930901820");
  EXPECT_EQ(e164("12", "VN"), std::nullopt);
  EXPECT_EQ(e164("+84+912345678", "VN"), std::nullopt);
  EXPECT_EQ(e164("555-2671", "US"), std::nullopt);
}

TEST(Address, postal_codes_take_their_countrys_form) {
  EXPECT_EQ(postal_code("sw1a1aa", "GB"), "SW1A 1AA");
  EXPECT_EQ(postal_code("M1 1AE", "GB"), "M1 1AE");
  EXPECT_EQ(postal_code("12345", "GB"), std::nullopt);
  EXPECT_EQ(postal_code("94105-1234", "US"), "94105-1234");
  EXPECT_EQ(postal_code("9410", "US"), std::nullopt);
  EXPECT_EQ(postal_code("100000", "VN"), "100000");
  EXPECT_EQ(postal_code("eircode", "IE"), "EIRCODE");
}

TEST(Address, the_scheme_of_the_country_says_what_lies_below_what) {
  const Gazetteer& all = places();
  const Place* ha_noi = all.region_by_code(*all.country("VN"), "HN");
  const Place* england = all.region_by_code(*all.country("GB"), "ENG");
  EXPECT_TRUE(check_parent("VN", Level::ward, ha_noi));
  EXPECT_EQ(check_parent("VN", Level::district, ha_noi).error().reason(), "PARENT_LEVEL");
  EXPECT_EQ(check_parent("GB", Level::ward, england).error().reason(), "PARENT_LEVEL");
  EXPECT_TRUE(check_parent("GB", Level::district, england));
  EXPECT_EQ(check_parent("GB", Level::district, ha_noi).error().reason(), "PARENT_LEVEL");
  EXPECT_EQ(check_parent("GB", Level::province, nullptr).error().reason(), "PARENT_LEVEL");
}

}  // namespace
}  // namespace emporion::location
