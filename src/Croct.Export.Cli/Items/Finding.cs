namespace Croct.Export.Cli.Items;

/// <summary>Something in an item that is not what the contract of this version says.</summary>
/// <param name="IsValue">Whether it is a value of another type than that of a known member; if not, it is a name or value that is not known.</param>
/// <param name="What">Where and what: <c>payload.cart.total</c> for a value, <c>type wishMade</c> or <c>field payload.product.color</c> for what is not known.</param>
internal readonly record struct Finding(bool IsValue, string What);
