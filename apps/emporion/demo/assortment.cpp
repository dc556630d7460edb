#include "apps/emporion/demo/assortment.hpp"

#include <array>

#include "kernel/base/text.hpp"

namespace emporion::app::demo {
namespace {

constexpr std::array all_categories{
    DemoCategory{"tea", "Tea",
                 "<path d='M50 80h90v40a40 40 0 0 1-40 40h-10a40 40 0 0 1-40-40z' fill='{c}'/><path d='M140 90h15a15 15 0 0 1 0 40h-17' fill='none' "
                 "stroke='{d}' stroke-width='8'/>"
                 "<path d='M75 65q-8-15 0-28M95 65q-8-15 0-28M115 65q-8-15 0-28' fill='none' stroke='{d}' stroke-width='5'/>"},
    DemoCategory{"coffee", "Coffee",
                 "<ellipse cx='80' cy='100' rx='32' ry='48' fill='{c}' transform='rotate(-20 80 100)'/><path d='M92 56q-24 44-22 88' fill='none' stroke='{d}' "
                 "stroke-width='6'/>"
                 "<ellipse cx='135' cy='125' rx='24' ry='36' fill='{d}' transform='rotate(25 135 125)'/>"},
    DemoCategory{"ceramics", "Ceramics",
                 "<path d='M80 40h40l-6 30q36 24 36 60 0 32-30 32H80q-30 0-30-32 0-36 36-60z' fill='{c}'/><path d='M56 118q44 20 88 0' fill='none' "
                 "stroke='{d}' stroke-width='7'/>"},
    DemoCategory{"textiles", "Textiles",
                 "<rect x='40' y='50' width='120' height='100' rx='6' fill='{c}'/><path d='M40 75h120M40 100h120M40 125h120M70 50v100M100 50v100M130 50v100' "
                 "stroke='{d}' stroke-width='4'/>"},
    DemoCategory{"lacquer", "Lacquerware",
                 "<rect x='45' y='70' width='110' height='70' rx='10' fill='{c}'/><rect x='45' y='60' width='110' height='22' rx='8' fill='{d}'/><circle "
                 "cx='100' cy='111' r='14' fill='{d}'/>"},
    DemoCategory{"bamboo", "Bamboo and rattan",
                 "<path d='M50 80h100l-14 80H64z' fill='{c}'/><path d='M60 80q40-60 80 0' fill='none' stroke='{d}' stroke-width='7'/><path d='M57 105h86M62 "
                 "130h76' stroke='{d}' stroke-width='5'/>"},
    DemoCategory{
        "paper", "Paper goods",
        "<rect x='60' y='40' width='80' height='120' rx='4' fill='{c}'/><path d='M75 65h50M75 85h50M75 105h50M75 125h30' stroke='{d}' stroke-width='6'/>"},
    DemoCategory{"pantry", "Pantry",
                 "<path d='M70 60h60v14l12 20v60q0 12-12 12H70q-12 0-12-12V94l12-20z' fill='{c}'/><rect x='72' y='44' width='56' height='16' rx='4' "
                 "fill='{d}'/><rect x='58' y='108' width='84' height='34' fill='{d}'/>"},
    DemoCategory{"candles", "Incense and candles",
                 "<rect x='78' y='80' width='44' height='80' rx='6' fill='{c}'/><path d='M100 34q18 24 0 40-18-16 0-40z' fill='{d}'/>"},
    DemoCategory{"lighting", "Lanterns",
                 "<ellipse cx='100' cy='100' rx='46' ry='40' fill='{c}'/><path d='M100 60v80M76 66q-14 34 0 68M124 66q14 34 0 68' fill='none' stroke='{d}' "
                 "stroke-width='4'/><path d='M86 56h28M86 144h28M100 148v22' stroke='{d}' "
                 "stroke-width='6'/>"},
};

constexpr std::array all_products{
    DemoProduct{"TEA-JASMINE", "Jasmine green tea", "tea", 65'000, 120, "weight", "100 250 500",
                "Green tea from Thai Nguyen, scented seven times with fresh jasmine."},
    DemoProduct{"TEA-LOTUS", "West Lake lotus tea", "tea", 180'000, 120, "weight", "50 100", "Tea dried inside lotus flowers."},
    DemoProduct{"TEA-SHAN", "Shan Tuyet old-tree tea", "tea", 150'000, 120, "weight", "100 250", "Leaves of trees over two hundred years old."},
    DemoProduct{"TEA-OOLONG", "Lam Dong oolong", "tea", 140'000, 120, "weight", "100 250", "Half-fermented, rolled by hand."},
    DemoProduct{"TEA-BLACK", "Highland black tea", "tea", 55'000, 120, "weight", "100 250 500", "Strong, malty, good with milk."},
    DemoProduct{"TEA-ARTICHOKE", "Artichoke infusion", "tea", 48'000, 90, "", "", "Twenty bags, without caffeine."},
    DemoProduct{"COF-ROBUSTA", "Buon Ma Thuot robusta", "coffee", 95'000, 270, "weight", "250 500 1000", "Dark roast for the phin filter."},
    DemoProduct{"COF-ARABICA", "Cau Dat arabica", "coffee", 145'000, 270, "weight", "250 500 1000", "Washed, medium roast, notes of orange."},
    DemoProduct{"COF-CULI", "Culi peaberry", "coffee", 120'000, 270, "weight", "250 500", "One bean to the cherry."},
    DemoProduct{"COF-PHIN", "Phin filter", "coffee", 75'000, 140, "size", "S M L", "Steel, for one, two or four cups."},
    DemoProduct{"COF-DRIP", "Drip bags, ten", "coffee", 89'000, 130, "", "", "Arabica for the road."},
    DemoProduct{"COF-GRINDER", "Hand grinder", "coffee", 590'000, 620, "color", "BLACK STEEL", "Ceramic burrs, adjustable."},
    DemoProduct{"CER-BOWL", "Bat Trang rice bowl", "ceramics", 58'000, 260, "color", "BLUE CELADON BROWN", "Thrown and glazed in Bat Trang."},
    DemoProduct{"CER-TEAPOT", "Teapot for two", "ceramics", 320'000, 540, "color", "BLUE CELADON", "With a strainer in the spout."},
    DemoProduct{"CER-CUP", "Tea cup", "ceramics", 42'000, 120, "color", "BLUE CELADON BROWN", "Holds 120 ml."},
    DemoProduct{"CER-PLATE", "Dinner plate", "ceramics", 98'000, 480, "color", "BLUE CELADON BROWN", "26 cm across."},
    DemoProduct{"CER-VASE", "Crackle-glaze vase", "ceramics", 450'000, 1'600, "size", "S M L", "Each one cracks in its own way."},
    DemoProduct{"CER-SPOON", "Soup spoon", "ceramics", 18'000, 60, "color", "BLUE CELADON", "To match the bowls."},
    DemoProduct{"TEX-SCARF", "Ha Dong silk scarf", "textiles", 380'000, 80, "color", "RED IVORY INDIGO", "Woven silk, 180 × 50 cm."},
    DemoProduct{"TEX-THROW", "Indigo throw", "textiles", 720'000, 900, "size", "M L", "Hemp dyed by the Hmong of Sa Pa."},
    DemoProduct{"TEX-CUSHION", "Brocade cushion cover", "textiles", 210'000, 180, "color", "RED GREEN INDIGO", "45 × 45 cm, with a zip."},
    DemoProduct{"TEX-TABLE", "Linen table runner", "textiles", 240'000, 220, "color", "IVORY INDIGO", "200 × 40 cm."},
    DemoProduct{"TEX-TOWEL", "Bamboo towel", "textiles", 130'000, 300, "size", "S M L", "Soft, dries quickly."},
    DemoProduct{"TEX-BAG", "Embroidered tote", "textiles", 160'000, 200, "color", "IVORY INDIGO RED", "Canvas, embroidered by hand."},
    DemoProduct{"LAC-BOX", "Lacquer box", "lacquer", 290'000, 350, "size", "S M L", "Eleven coats, polished with charcoal."},
    DemoProduct{"LAC-TRAY", "Serving tray", "lacquer", 410'000, 800, "color", "RED BLACK", "40 × 28 cm."},
    DemoProduct{"LAC-BOWL", "Coconut lacquer bowl", "lacquer", 120'000, 170, "color", "RED BLACK GOLD", "Coconut shell with lacquer inside."},
    DemoProduct{"LAC-COASTER", "Coasters, six", "lacquer", 150'000, 210, "color", "RED BLACK", "With eggshell inlay."},
    DemoProduct{"LAC-CHOPSTICKS", "Chopsticks, ten pairs", "lacquer", 95'000, 260, "", "", "Palm wood, lacquered tips."},
    DemoProduct{"LAC-FRAME", "Picture frame", "lacquer", 180'000, 400, "size", "S L", "For 10 × 15 or 13 × 18 cm."},
    DemoProduct{"BAM-BASKET", "Rattan basket", "bamboo", 175'000, 500, "size", "S M L", "Woven in Phu Vinh."},
    DemoProduct{"BAM-HAT", "Conical hat", "bamboo", 85'000, 150, "", "", "Palm leaf on sixteen rings."},
    DemoProduct{"BAM-MAT", "Sedge mat", "bamboo", 260'000, 1'400, "size", "M L", "Woven in Kim Son."},
    DemoProduct{"BAM-STRAWS", "Bamboo straws, twelve", "bamboo", 55'000, 110, "", "", "With a brush."},
    DemoProduct{"BAM-STEAMER", "Steamer basket", "bamboo", 120'000, 420, "size", "S M L", "Two tiers and a lid."},
    DemoProduct{"BAM-LAMP", "Rattan pendant shade", "bamboo", 680'000, 900, "size", "M L", "Without cable and bulb."},
    DemoProduct{"PAP-NOTEBOOK", "Do paper notebook", "paper", 95'000, 160, "size", "S M", "Bark paper from Bac Ninh, thread-bound."},
    DemoProduct{"PAP-CARD", "Pop-up card", "paper", 35'000, 40, "", "", "Cut by laser, folded by hand."},
    DemoProduct{"PAP-PRINT", "Dong Ho woodblock print", "paper", 140'000, 60, "", "", "Five blocks, mineral colours."},
    DemoProduct{"PAP-CALENDAR", "Wall calendar", "paper", 160'000, 380, "", "", "Lunar and solar."},
    DemoProduct{"PAP-WRAP", "Wrapping paper, five sheets", "paper", 60'000, 120, "color", "RED GREEN INDIGO", "Printed from wood blocks."},
    DemoProduct{"PAP-ENVELOPE", "Lucky money envelopes, ten", "paper", 25'000, 50, "", "", "For the new year."},
    DemoProduct{"PAN-FISHSAUCE", "Phu Quoc fish sauce", "pantry", 85'000, 900, "size", "S L", "40 degrees of protein, first press."},
    DemoProduct{"PAN-PEPPER", "Phu Quoc pepper", "pantry", 78'000, 120, "color", "BLACK WHITE RED", "Whole corns."},
    DemoProduct{"PAN-CINNAMON", "Yen Bai cinnamon", "pantry", 52'000, 110, "", "", "Bark, broken."},
    DemoProduct{"PAN-CASHEW", "Roasted cashews", "pantry", 125'000, 520, "weight", "250 500", "With the skin, lightly salted."},
    DemoProduct{"PAN-HONEY", "Mint-flower honey", "pantry", 190'000, 640, "size", "S L", "From Ha Giang."},
    DemoProduct{"PAN-CHOCOLATE", "Ben Tre chocolate 72 %", "pantry", 89'000, 90, "", "", "From bean to bar."},
    DemoProduct{"CAN-SANDAL", "Sandalwood incense", "candles", 70'000, 150, "", "", "Two hundred sticks."},
    DemoProduct{"CAN-AGAR", "Agarwood incense", "candles", 240'000, 120, "", "", "Eighty sticks."},
    DemoProduct{"CAN-CANDLE", "Beeswax candle", "candles", 110'000, 260, "size", "S M L", "Burns 12 to 40 hours."},
    DemoProduct{"CAN-LEMON", "Lemongrass candle", "candles", 135'000, 300, "", "", "In a coconut shell."},
    DemoProduct{"CAN-HOLDER", "Incense holder", "candles", 65'000, 180, "color", "BLACK BROWN", "Glazed clay."},
    DemoProduct{"CAN-COIL", "Incense coils, twenty", "candles", 48'000, 170, "", "", "Four hours each."},
    DemoProduct{"LIG-SILK", "Hoi An silk lantern", "lighting", 190'000, 240, "color", "RED YELLOW GREEN", "Folds flat."},
    DemoProduct{"LIG-GARLIC", "Garlic lantern", "lighting", 220'000, 260, "size", "S M L", "The classic shape."},
    DemoProduct{"LIG-TABLE", "Bamboo table lamp", "lighting", 430'000, 850, "", "", "With cable, E14."},
    DemoProduct{"LIG-STAR", "Star lantern", "lighting", 95'000, 120, "color", "RED YELLOW", "For the mid-autumn night."},
    DemoProduct{"LIG-STRING", "String of ten lanterns", "lighting", 260'000, 380, "color", "RED MIXED", "LED, 3 m."},
    DemoProduct{"LIG-PAPER", "Paper floor lamp", "lighting", 780'000, 1'900, "", "", "Do paper over bamboo, 120 cm."},
};

std::string hue_colour(std::size_t index, int lightness) { return text("hsl(", (index * 47 + 12) % 360, ",52%,", lightness, "%)"); }

std::string replaced(std::string_view shape, std::string_view mark, const std::string& with) {
  std::string out;
  for (std::size_t at = 0;;) {
    const auto found = shape.find(mark, at);
    out.append(shape.substr(at, found - at));
    if (found == std::string_view::npos) return out;
    out += with;
    at = found + mark.size();
  }
}

}  // namespace

std::span<const DemoCategory> categories() { return all_categories; }
std::span<const DemoProduct> products() { return all_products; }

std::string picture(const DemoProduct& product) {
  const auto index = static_cast<std::size_t>(&product - all_products.data());
  std::string_view shape;
  for (const auto& category : all_categories) {
    if (category.slug == product.category) shape = category.shape;
  }
  const std::string drawn = replaced(replaced(shape, "{c}", hue_colour(index, 52)), "{d}", hue_colour(index, 30));
  return text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 200 200' role='img'><title>", product.name,
              "</title><rect width='200' height='200' rx='16' fill='", hue_colour(index, 93), "'/>", drawn, "</svg>");
}

}  // namespace emporion::app::demo
