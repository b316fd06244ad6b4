namespace Croct.Export.Tests.Proof;

/// <summary>
/// A proof by volume. It mostly tests code that all builds of the library share, so with the netstandard2.0 build it belongs to the long tests.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ProofAttribute() : CategoryAttribute(Category)
{
#if NETSTANDARD_LIBRARY
    private const string Category = "Long";
#else
    private const string Category = "Proof";
#endif
}
