namespace Croct.Export.Tests.Proof;

/// <summary>A proof by volume. What it proves is mostly what all builds of the library have in common: against the netstandard2.0 build it is a long proof.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ProofAttribute() : CategoryAttribute(Category)
{
#if NETSTANDARD_LIBRARY
    private const string Category = "Long";
#else
    private const string Category = "Proof";
#endif
}
