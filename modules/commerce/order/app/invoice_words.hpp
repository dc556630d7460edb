#pragma once

namespace emporion::order {

/// The words of the page in one language.
struct Words {
  const char* invoice;
  const char* credit_note;
  const char* number;
  const char* date;
  const char* order;
  const char* credits;
  const char* reason;
  const char* payment;
  const char* bill_to;
  const char* ship_to;
  const char* tax_id;
  const char* email;
  const char* phone;
  const char* line;
  const char* item;
  const char* qty;
  const char* price;
  const char* discount;
  const char* rate;
  const char* tax;
  const char* amount;
  const char* tax_summary;
  const char* base;
  const char* no_tax;
  const char* shipping;
  const char* fee;
  const char* other_tax;
  const char* subtotal;
  const char* shipping_discount;
  const char* points;
  const char* adjustment;
  const char* refund;
  const char* total;
  const char* total_credit;
  const char* page;
  const char* amounts_in;
  const char* keep;
};
inline constexpr Words english{
    .invoice = "Invoice",
    .credit_note = "Credit note",
    .number = "Number",
    .date = "Date",
    .order = "Order",
    .credits = "For invoice",
    .reason = "Reason",
    .payment = "Payment",
    .bill_to = "Bill to",
    .ship_to = "Ship to",
    .tax_id = "Tax ID",
    .email = "E-mail",
    .phone = "Phone",
    .line = "#",
    .item = "Item, SKU",
    .qty = "Qty",
    .price = "Unit price",
    .discount = "Discount",
    .rate = "Tax %",
    .tax = "Tax",
    .amount = "Amount",
    .tax_summary = "Taxes",
    .base = "Net",
    .no_tax = "Without tax",
    .shipping = "Shipping",
    .fee = "Payment fee",
    .other_tax = "Tax",
    .subtotal = "Subtotal",
    .shipping_discount = "Shipping discount",
    .points = "Points used",
    .adjustment = "Adjustment",
    .refund = "Refund before tax",
    .total = "Total",
    .total_credit = "Total credited",
    .page = "Page {page} of {pages}",
    .amounts_in = "All amounts in ",
    .keep = "Prices are net of tax; the amount of a line includes its tax.",
};
inline constexpr Words vietnamese{
    .invoice = "Hóa đơn",
    .credit_note = "Phiếu ghi có",
    .number = "Số",
    .date = "Ngày",
    .order = "Đơn hàng",
    .credits = "Cho hóa đơn",
    .reason = "Lý do",
    .payment = "Thanh toán",
    .bill_to = "Người mua",
    .ship_to = "Giao đến",
    .tax_id = "Mã số thuế",
    .email = "E-mail",
    .phone = "Điện thoại",
    .line = "#",
    .item = "Tên hàng, mã hàng",
    .qty = "SL",
    .price = "Đơn giá",
    .discount = "Giảm giá",
    .rate = "Thuế %",
    .tax = "Thuế",
    .amount = "Thành tiền",
    .tax_summary = "Thuế",
    .base = "Chưa thuế",
    .no_tax = "Không chịu thuế",
    .shipping = "Vận chuyển",
    .fee = "Phí thanh toán",
    .other_tax = "Thuế",
    .subtotal = "Tiền hàng",
    .shipping_discount = "Giảm phí vận chuyển",
    .points = "Điểm đã dùng",
    .adjustment = "Điều chỉnh",
    .refund = "Hoàn tiền chưa thuế",
    .total = "Tổng cộng",
    .total_credit = "Tổng ghi có",
    .page = "Trang {page} / {pages}",
    .amounts_in = "Đơn vị tiền tệ: ",
    .keep = "Đơn giá chưa gồm thuế; thành tiền đã gồm thuế.",
};

}  // namespace emporion::order
