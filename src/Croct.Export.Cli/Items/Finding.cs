namespace Croct.Export.Cli.Items;

/// <summary>A difference between an item and the contract of this version.</summary>
/// <param name="IsValue">Whether a known member has a value of an unexpected type; if not, a name or value is unknown.</param>
/// <param name="What">
/// The path of the member for a value, such as <c>payload.cart.total</c>; otherwise what is unknown, such as <c>type wishMade</c> or
/// <c>field payload.product.color</c>.
/// </param>
internal readonly record struct Finding(bool IsValue, string What);
