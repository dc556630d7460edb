#include "modules/product/catalog/testing/catalog_fixture.hpp"

namespace emporion::catalog {
namespace {

struct CategoriesTest : CatalogFixture {};

TEST_F(CategoriesTest, OfTwoMovesThatWouldMakeACycleOneSucceeds) {  // CAT-A4
  const auto x = a_category("X");
  const auto y = a_category("Y");
  std::vector<Task<Result<v1::Category>>> calls;
  calls.push_back(api().move_category(staff(), {.id = x.id, .version = 1, .parent_id = y.id}));
  calls.push_back(api().move_category(staff(), {.id = y.id, .version = 1, .parent_id = x.id}));
  const auto answers = run(when_all(std::move(calls)));
  const bool first_won = answers[0].has_value();
  ASSERT_NE(first_won, answers[1].has_value());
  const auto& refused = first_won ? answers[1].error() : answers[0].error();
  EXPECT_EQ(refused.kind(), ErrorKind::conflict);
  EXPECT_EQ(refused.reason(), "CYCLE");
  EXPECT_EQ(count("category c LEFT JOIN category p ON p.id = c.parent_id WHERE c.path <> coalesce(p.path, '{}'::uuid[]) || c.id"), 0);
}

TEST_F(CategoriesTest, AMoveWaitsForAnotherThatIsNotCommitted) {  // CAT-A4, with the race held open.
  const auto x = a_category("X");
  const auto y = a_category("Y");
  sql("BEGIN");
  sql("SELECT category_move('" + x.id.to_string() + "', 1, '" + y.id.to_string() + "', NULL)");
  EXPECT_EQ(run(api().move_category(staff(), {.id = y.id, .version = 1, .parent_id = x.id})).error().reason(), "LOCK_TIMEOUT");
  sql("COMMIT");
  EXPECT_EQ(run(api().move_category(staff(), {.id = y.id, .version = 1, .parent_id = x.id})).error().reason(), "CYCLE");
}

TEST_F(CategoriesTest, AMoveTakesAllBelowAlongAndKeepsTheDepth) {  // CAT-7
  const auto a = a_category("a");
  const auto b = a_category("b", a.id);
  const auto c = a_category("c", b.id);
  const auto top = a_category("top");
  const auto moved = run(api().move_category(staff(), {.id = b.id, .version = 1, .parent_id = top.id}));
  ASSERT_TRUE(moved.has_value()) << moved.error().to_string();
  EXPECT_EQ(run(api().get_category(guest(), {.id = c.id}))->path, (std::vector{top.id, b.id, c.id}));
  EXPECT_EQ(count("outbox WHERE topic = 'catalog.category.moved'"), 2);
  const auto d = a_category("d", a_category("d4", c.id).id);
  EXPECT_EQ(d.depth, 5);
  EXPECT_EQ(run(api().create_category(staff(new_key()), {.parent_id = d.id, .category = {.name = "deep"}})).error().reason(), "CATEGORY_DEPTH");
  EXPECT_EQ(run(api().move_category(staff(), {.id = top.id, .version = 1, .parent_id = a.id})).error().reason(), "CATEGORY_DEPTH");
  EXPECT_EQ(run(api().move_category(staff(), {.id = b.id, .version = 1, .parent_id = a.id})).error().reason(), "VERSION_CONFLICT");
  EXPECT_EQ(run(api().delete_category(staff(), {.id = top.id, .version = 1})).error().reason(), "IN_USE");
  ASSERT_TRUE(run(api().delete_category(staff(), {.id = a.id, .version = 1})));
}

TEST_F(CategoriesTest, TheTreeShowsParentsBeforeChildrenInTheirOrder) {
  const auto b = a_category("B");
  const auto a = a_category("A");
  a_category("B2", b.id);
  a_category("B1", b.id);
  ASSERT_TRUE(run(api().update_category(staff(), {.id = a.id, .version = 1, .category = {.name = "A", .sort_order = 9}})));
  const auto tree = run(api().get_category_tree(guest(), {}));
  ASSERT_TRUE(tree.has_value()) << tree.error().to_string();
  std::vector<std::string> names;
  for (const auto& category : tree->categories) names.push_back(category.name);
  EXPECT_EQ(names, (std::vector<std::string>{"B", "B1", "B2", "A"}));
}

TEST_F(CategoriesTest, ARepeatedKeyIsOneCategory) {
  std::vector<Task<Result<v1::Category>>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(api().create_category(staff("k"), {.category = {.name = "One"}}));
  const auto answers = run(when_all(std::move(calls)));
  for (const auto& answer : answers) ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
  EXPECT_EQ(answers[0]->id, answers[2]->id);
  EXPECT_EQ(count("category"), 1);
  EXPECT_EQ(run(api().create_category(staff(new_key()), {.category = {.name = "One"}})).error().reason(), "SLUG_TAKEN");
}

TEST_F(CategoriesTest, BrandsAreListedByName) {
  for (const char* name : {"Zeta", "Alpha", "Mid"}) ASSERT_TRUE(run(api().create_brand(staff(new_key()), {.name = name})));
  const auto first = run(api().list_brands(guest(), {.page_size = 2}));
  ASSERT_EQ(first->brands.size(), 2u);
  EXPECT_EQ(first->brands[0].name, "Alpha");
  const auto second = run(api().list_brands(guest(), {.page_size = 2, .page_token = first->next_page_token}));
  EXPECT_EQ(second->brands.at(0).name, "Zeta");
}

}  // namespace
}  // namespace emporion::catalog
