#include "modules/product/catalog/domain/image.hpp"

#include <gtest/gtest.h>

namespace emporion::catalog {
namespace {

TEST(Image, IsKnownByItsBytes) {
  EXPECT_EQ(*image_type_of(std::string("\x89PNG\r\n\x1a\n....", 12)), "image/png");
  EXPECT_EQ(*image_type_of("\xFF\xD8\xFF\xE0...."), "image/jpeg");
  EXPECT_EQ(*image_type_of(R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect fill="url(#g)"/><a href="#x"/></svg>)svg"), "image/svg+xml");
  EXPECT_EQ(*image_type_of("<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "image/svg+xml");
  for (const char* other : {"GIF89a", "<html></html>", "", "%PDF-1.7"}) EXPECT_EQ(image_type_of(other).error().reason(), "MEDIA_TYPE") << other;
  EXPECT_EQ(image_type_of(std::string((10u << 20) + 1, 'x')).error().reason(), "MEDIA_TOO_LARGE");
}

TEST(Image, RefusesAnSvgThatRunsOrFetches) {
  for (const char* inside :
       {"<script>1</script>", "<rect onload = 'x'/>", "<rect\nonclick=\"x\"/>", "<foreignObject/>", "<a href='http://x'/>", "<a xlink:href=\"javascript:x\"/>",
        "<style>@import 'x'</style>", "<image href='#a'/>", "<style>a{background:url(http://x)}</style>"}) {
    EXPECT_EQ(image_type_of(std::string("<svg>") + inside + "</svg>").error().reason(), "MEDIA_TYPE") << inside;
  }
}

}  // namespace
}  // namespace emporion::catalog
